//! What a router makes of backends that fail, slow down, or are too small.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod caching;
mod conforming;
mod crowding;
mod retrying;
mod scene;
mod substituting;
mod timing;
