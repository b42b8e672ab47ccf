//! Whether the head means what it says, on outcomes that it was not fitted on.
//!
//! The worlds are synthetic: their true chances are known, which no real record can offer.

use selfheal_core::confidence::{Calibration, Confidence, Head, Outcome};

use crate::synthetic::{Drawn, Truth};

const HELD_OUT: usize = 1_000;
const SEEDS: [u64; 3] = [100, 101, 102];
const THRESHOLD: f64 = 0.85;

/// How one way of predicting does on the held-out outcomes of all worlds.
struct Figures {
    calibration: Calibration,
    /// The share of plans whose true chance is at least the lower bound.
    covered: f64,
    /// The share of plans whose lower bound passes the threshold.
    passed: f64,
    /// The share of those that healed; `None` if there are none.
    passed_healed: Option<f64>,
}

/// Mean and lower bound for a plan.
type Predictor = Box<dyn Fn(&Drawn) -> (f64, f64)>;

/// A prediction with its bound, and what it was about.
struct Predicted<'a> {
    mean: f64,
    lower: f64,
    drawn: &'a Drawn,
}

impl Figures {
    fn of(predicted: &[Predicted<'_>]) -> Self {
        let share = |count: usize, of: usize| count as f64 / of as f64;
        let pairs: Vec<_> = predicted.iter().map(|one| (Confidence::new(one.mean), one.drawn.outcome.healed)).collect();
        let covered = predicted.iter().filter(|one| one.lower <= one.drawn.chance).count();
        let passed: Vec<_> = predicted.iter().filter(|one| one.lower >= THRESHOLD).collect();
        let healed = passed.iter().filter(|one| one.drawn.outcome.healed).count();
        Self {
            calibration: Calibration::of(&pairs).unwrap(),
            covered: share(covered, predicted.len()),
            passed: share(passed.len(), predicted.len()),
            passed_healed: (!passed.is_empty()).then(|| share(healed, passed.len())),
        }
    }

    fn ece(&self) -> f64 {
        self.calibration.ece
    }

    fn brier(&self) -> f64 {
        self.calibration.brier.score
    }
}

struct Compared {
    base_rate: Figures,
    prior: Figures,
    fitted: Figures,
}

/// Fits on the first `seen` outcomes of each world, and compares on those after them.
fn compare(name: &str, truth: &Truth, seen: usize) -> Compared {
    let worlds = SEEDS.map(|seed| truth.draw(seed, seen + HELD_OUT));
    let figures = |predict: &dyn Fn(&[Outcome]) -> Predictor| {
        let predicted = worlds.iter().flat_map(|world| {
            let (first, rest) = world.split_at(seen);
            let predictor = predict(&first.iter().map(|drawn| drawn.outcome.clone()).collect::<Vec<_>>());
            rest.iter().map(move |drawn| {
                let (mean, lower) = predictor(drawn);
                Predicted { mean, lower, drawn }
            })
        });
        Figures::of(&predicted.collect::<Vec<_>>())
    };
    let compared = Compared {
        base_rate: figures(&|first| {
            let rate = base_rate(first);
            Box::new(move |_| (rate, rate))
        }),
        prior: figures(&|_| by(Head::prior())),
        fitted: figures(&|first| by(Head::fit(first))),
    };
    let truth = figures(&|_| Box::new(|drawn| (drawn.chance, drawn.chance)));
    println!(
        "{name}: fitted on {seen}, judged on {} later outcomes, {} bins",
        HELD_OUT * SEEDS.len(),
        truth.calibration.bins.len()
    );
    let rows = [&compared.base_rate, &compared.prior, &compared.fitted, &truth];
    for (who, figures) in ["base rate", "prior head", "fitted head", "true chance"].into_iter().zip(rows) {
        println!("  {who:11} {figures}");
    }
    compared
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ECE {:.4}  Brier {:.4}  log loss {:.4}", self.ece(), self.brier(), self.calibration.log_loss)?;
        write!(f, "  bound holds {:.3}  passes {:.3}", self.covered, self.passed)?;
        self.passed_healed.map_or(Ok(()), |healed| write!(f, ", of those healed {healed:.3}"))
    }
}

fn by(head: Head) -> Predictor {
    Box::new(move |drawn| {
        let assurance = head.assess(&drawn.outcome.features);
        (assurance.mean.value(), assurance.lower.value())
    })
}

fn base_rate(outcomes: &[Outcome]) -> f64 {
    outcomes.iter().filter(|outcome| outcome.healed).count() as f64 / outcomes.len() as f64
}

#[test]
fn in_a_world_as_believed_it_is_calibrated_from_the_start() {
    let Compared { base_rate, prior, fitted } = compare("as believed", &Truth::as_believed(), 300);
    assert!(prior.ece() < 0.05 && fitted.ece() < 0.04);
    assert!(fitted.brier() < base_rate.brier() && fitted.brier() <= prior.brier());
    assert!(prior.covered > 0.92 && fitted.covered > 0.92);
    assert!(fitted.passed > 0.1 && fitted.passed_healed > Some(THRESHOLD));
}

#[test]
fn in_a_world_that_is_worse_than_believed_it_learns_from_few() {
    let Compared { prior, fitted, .. } = compare("worse, few", &Truth::otherwise(), 60);
    assert!(fitted.covered > prior.covered && fitted.covered > 0.85);
    assert!(fitted.brier() < prior.brier() + 0.002);
}

#[test]
fn in_a_world_that_is_worse_than_believed_it_learns() {
    let Compared { base_rate, prior, fitted } = compare("worse", &Truth::otherwise(), 300);
    assert!(fitted.ece() < 0.05 && fitted.brier() < prior.brier() && fitted.brier() < base_rate.brier());
    assert!(fitted.covered > 0.90);
    assert!(fitted.passed < prior.passed, "what it trusted wrongly it trusts no more");
}
