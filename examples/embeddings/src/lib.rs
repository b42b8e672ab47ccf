//! Small hosts to copy; each is a binary of this package. The README's example is compiled here.
#![doc = include_str!("../../../README.md")]
