//! The strictest of several documents' settings for acting alone.

use selfheal_core::confidence::Autonomy;

/// Whatever either asks for. The sum of the larger additions is at least either sum.
pub(crate) fn strictest(mut one: Autonomy, other: &Autonomy) -> Autonomy {
    let raise = |own: &mut f64, other: f64| *own = own.max(other);
    raise(&mut one.threshold, other.threshold);
    raise(&mut one.floor, other.floor);
    // An environment that only one of them names is production to the other.
    let names: Vec<String> = one.environment.other.keys().chain(other.environment.other.keys()).cloned().collect();
    for name in names {
        let of = |settings: &Autonomy| {
            let by = &settings.environment;
            by.other.get(&name).copied().unwrap_or(by.production)
        };
        let stricter = of(&one).max(of(other));
        one.environment.other.insert(name, stricter);
    }
    raise(&mut one.environment.dev, other.environment.dev);
    raise(&mut one.environment.staging, other.environment.staging);
    raise(&mut one.environment.production, other.environment.production);
    raise(&mut one.risk.low, other.risk.low);
    raise(&mut one.risk.medium, other.risk.medium);
    raise(&mut one.risk.high, other.risk.high);
    raise(&mut one.risk.critical, other.risk.critical);
    raise(&mut one.impact.low, other.impact.low);
    raise(&mut one.impact.normal, other.impact.normal);
    raise(&mut one.impact.high, other.impact.high);
    raise(&mut one.impact.critical, other.impact.critical);
    raise(&mut one.history.per_failure, other.history.per_failure);
    raise(&mut one.history.per_relapse, other.history.per_relapse);
    raise(&mut one.history.at_most, other.history.at_most);
    one.suggest_below = one.suggest_below.max(other.suggest_below);
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_is_the_stricter_one() {
        let mut lab = Autonomy { threshold: 0.9, suggest_below: 1, ..Autonomy::default() };
        lab.environment.other.insert("lab".into(), -0.2);
        let mut plain = Autonomy { floor: 0.6, ..Autonomy::default() };
        plain.environment.dev = 0.0;
        for joined in [strictest(lab.clone(), &plain), strictest(plain.clone(), &lab)] {
            assert!((joined.threshold, joined.floor, joined.suggest_below) == (0.9, 0.6, 3));
            assert!(joined.environment.dev == 0.0 && joined.environment.other["lab"] == plain.environment.production);
        }
    }
}
