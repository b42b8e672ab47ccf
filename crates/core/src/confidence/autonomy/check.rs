//! What settings have to fulfil.

use super::settings::Autonomy;
use super::threshold::CEILING;

/// Why settings were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAutonomy {
    /// A number that isn't between its bounds.
    #[error("autonomy.{field} is {value}; expected {least} to {most}")]
    OutOfBounds {
        /// Its path in the document, such as `environment.dev`.
        field: String,
        /// What it is.
        value: f64,
        /// What it has to be at least.
        least: f64,
        /// What it may be at most.
        most: f64,
    },
    /// A tier that asks for less than the one below it.
    #[error("autonomy.{group}.{higher} is {value}, less than {lower} ({least}): what matters more can't ask for less")]
    Falling {
        /// `risk` or `impact`.
        group: &'static str,
        /// The lower tier.
        lower: &'static str,
        /// What the lower tier adds.
        least: f64,
        /// The higher tier.
        higher: &'static str,
        /// What the higher tier adds.
        value: f64,
    },
}

impl Autonomy {
    /// Checks settings that were read from a document. [`gate`](Self::gate) is safe without: what isn't a number asks for the most.
    ///
    /// # Errors
    /// The first setting that is out of its bounds, or falls where it has to rise.
    pub fn check(&self) -> Result<(), InvalidAutonomy> {
        within("threshold", self.threshold, f64::MIN_POSITIVE, CEILING)?;
        within("floor", self.floor, 0.0, self.threshold)?;
        self.check_environments()?;
        let ByTier { risk, impact } = self.by_tier();
        rising("risk", risk)?;
        rising("impact", impact)?;
        for (field, value) in [
            ("history.per_failure", self.history.per_failure),
            ("history.per_relapse", self.history.per_relapse),
            ("history.at_most", self.history.at_most),
        ] {
            within(field, value, 0.0, 1.0)?;
        }
        Ok(())
    }

    fn check_environments(&self) -> Result<(), InvalidAutonomy> {
        let by = &self.environment;
        for (name, value) in [("dev", by.dev), ("staging", by.staging), ("production", by.production)] {
            within(&format!("environment.{name}"), value, -1.0, 1.0)?;
        }
        by.other.iter().try_for_each(|(name, value)| within(&format!("environment.other.{name}"), *value, -1.0, 1.0))
    }

    fn by_tier(&self) -> ByTier {
        let (risk, impact) = (&self.risk, &self.impact);
        ByTier {
            risk: [("low", risk.low), ("medium", risk.medium), ("high", risk.high), ("critical", risk.critical)],
            impact: [
                ("low", impact.low),
                ("normal", impact.normal),
                ("high", impact.high),
                ("critical", impact.critical),
            ],
        }
    }
}

struct ByTier {
    risk: Tiers,
    impact: Tiers,
}

type Tiers = [(&'static str, f64); 4];

fn within(field: &str, value: f64, least: f64, most: f64) -> Result<(), InvalidAutonomy> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(InvalidAutonomy::OutOfBounds { field: field.to_owned(), value, least, most })
}

fn rising(group: &'static str, tiers: Tiers) -> Result<(), InvalidAutonomy> {
    for (name, value) in tiers {
        within(&format!("{group}.{name}"), value, -1.0, 1.0)?;
    }
    let fall = tiers.windows(2).find(|pair| pair[1].1 < pair[0].1);
    match fall {
        Some(&[(lower, least), (higher, value)]) => {
            Err(InvalidAutonomy::Falling { group, lower, least, higher, value })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> String {
        let settings: Autonomy = serde_json::from_str(json).unwrap();
        settings.check().unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_pass_and_every_slip_is_named() {
        assert_eq!(Autonomy::default().check(), Ok(()));
        assert_eq!(refusal(r#"{"threshold": 85}"#).split(';').next(), Some("autonomy.threshold is 85"));
        assert!(refusal(r#"{"floor": 0.9}"#).contains("autonomy.floor is 0.9; expected 0 to 0.85"));
        assert!(refusal(r#"{"environment": {"other": {"lab": 2.0}}}"#).contains("environment.other.lab"));
        assert!(refusal(r#"{"history": {"per_failure": -0.1}}"#).contains("history.per_failure"));
        assert!(refusal(r#"{"risk": {"critical": -0.4}}"#).contains("critical is -0.4, less than high (0.02)"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let settings = Autonomy { threshold: f64::NAN, ..Autonomy::default() };
        assert!(settings.check().is_err());
    }

    #[test]
    fn an_unknown_key_is_refused() {
        for json in [r#"{"treshold": 0.9}"#, r#"{"risk": {"lowest": 0}}"#, r#"{"environment": {"prod": 0.1}}"#] {
            assert!(serde_json::from_str::<Autonomy>(json).is_err(), "{json}");
        }
    }
}
