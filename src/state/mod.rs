//! What survives a restart: a record of each host and family, in one file and the lines behind it.

mod file;
mod fitted;
mod flat;
pub mod journal;
mod record;
#[cfg(test)]
mod tests;

pub use file::{FILE_MAX, MAX_RECORDS, MAX_REMOVED, Removed, State, Unusable};
pub use record::{Fingerprint, Identity, Record};
