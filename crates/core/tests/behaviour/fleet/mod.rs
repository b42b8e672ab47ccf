//! What many incidents together forbid, and what operators forbid: over a fleet of resources that fail the same way.

mod budgets;
mod causes;
mod comings_back;
mod floods;
mod outages;
mod pausing;
mod races;
mod stage;
mod switching;
