//! The reference host.
fn main() {}
