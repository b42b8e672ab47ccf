//! What outlives the process: the memory of verified fixes.
