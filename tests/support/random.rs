//! A small generator (xorshift64), so that a seed tells the whole story.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Numbers that follow from a seed.
pub struct Random(u64);

impl Random {
    /// The series of this seed.
    pub fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self(seed | 1 << 63)
    }

    /// A number from 0 to just below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Sleeps for less than this many milliseconds.
    pub fn pause(&mut self, milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(self.below(milliseconds)));
    }
}

/// `DYNHOST_SEED`, or one that no other run has; printed, as a failure is repeated with it.
pub fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let given = std::env::var("DYNHOST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or(now.as_secs() * 1000 + u64::from(now.subsec_millis()));
    eprintln!("DYNHOST_SEED={seed}");
    seed
}
