//! Names that are slips of others.

/// How alike two names are, 0 to 1, of which one is taken for a slip of the other.
const A_SLIP: f64 = 0.8;

/// The one of `names` of which `name` is a slip: the most alike, if it is alike enough.
pub(crate) fn slip_of<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let spelt = |name: &str| name.to_ascii_lowercase().replace(['-', ' ', '.'], "_");
    let own = spelt(name);
    let alike = |name: &'n str| (strsim::normalized_damerau_levenshtein(&own, &spelt(name)), name);
    let close = names.into_iter().map(alike).filter(|(likeness, _)| *likeness >= A_SLIP);
    close.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, name)| name)
}
