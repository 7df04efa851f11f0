//! The clocks of the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

use crate::Time;

/// The wall clock; a clock before 1970 reads 0.
#[must_use]
pub fn now() -> Time {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Time since boot, suspend included; it never jumps.
#[must_use]
pub fn since_boot() -> Duration {
    read(ClockId::CLOCK_BOOTTIME)
}

/// The clock that systemd compares messages by.
#[must_use]
pub fn monotonic() -> Duration {
    read(ClockId::CLOCK_MONOTONIC)
}

/// Processor time that this process has used.
#[must_use]
pub fn computed() -> Duration {
    read(ClockId::CLOCK_PROCESS_CPUTIME_ID)
}

/// Linux has had these clocks since 2.6.39, so that this cannot fail.
fn read(clock: ClockId) -> Duration {
    clock_gettime(clock).map_or(Duration::ZERO, Duration::from)
}

/// Sleeps, whatever signals arrive meanwhile.
pub fn sleep(span: Duration) {
    std::thread::sleep(span);
}
