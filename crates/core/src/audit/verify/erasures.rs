//! Every missing opening was erased, and every erased opening is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::defect::{Defect, Defects};

/// A committed field without its opening.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Missing {
    pub(super) leaf: u64,
    pub(super) field: String,
}

/// What the leaf `by_leaf` says: that `field` of `leaf` was erased.
#[derive(Debug, Clone)]
pub(super) struct Erased {
    pub(super) by_leaf: u64,
    pub(super) leaf: u64,
    pub(super) field: String,
}

/// Matches what is missing with what was erased under a signature: by a leaf below `signed`.
pub(super) fn check(missing: Vec<Missing>, erased: Vec<Erased>, signed: u64, defects: &mut Defects) {
    let erasing: BTreeSet<u64> = erased.iter().map(|erased| erased.by_leaf).collect();
    let mut unexplained: BTreeMap<Missing, bool> = missing.into_iter().map(|missing| (missing, false)).collect();
    for Erased { by_leaf, leaf, field } in erased {
        let refused = |problem: String| Defect::Erasure { leaf: by_leaf, problem };
        if leaf >= by_leaf {
            defects.add(refused(format!("it names leaf {leaf}, which came later")));
        } else if erasing.contains(&leaf) {
            defects.add(refused(format!("leaf {leaf} is an erasure itself")));
        } else if by_leaf >= signed {
            defects.add(refused("no checkpoint covers it".to_owned()));
        } else {
            let place = Missing { leaf, field };
            match unexplained.get_mut(&place) {
                Some(explained) => *explained = true,
                None => defects.add(refused(format!("field `{}` of leaf {leaf} is there, or never was", place.field))),
            }
        }
    }
    for (Missing { leaf, field }, _) in unexplained.into_iter().filter(|(_, explained)| !explained) {
        defects.add(Defect::MissingOpening { leaf, field });
    }
}
