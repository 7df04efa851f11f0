//! What survives a restart: a record of each host and family, in one file.

mod file;
mod fitted;
mod flat;
mod record;
#[cfg(test)]
mod tests;

pub use file::{FILE_MAX, MAX_RECORDS, MAX_REMOVED, Removed, State, Unusable};
pub use record::{Fingerprint, Identity, Record};
