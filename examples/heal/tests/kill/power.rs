//! That the invariants notice what is wrong.
