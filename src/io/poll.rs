//! `poll`(2) with a limit.
//!
//! By nix, as are timers and clocks: rustix hands musl a time whose nanoseconds lie where a
//! big-endian 32-bit musl has padding, so on such a router no wait would end when it should.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};

use super::clock::since_boot;

/// Something to wait for: input, an end, a fault.
pub(crate) fn input(of: &impl AsFd) -> PollFd<'_> {
    PollFd::new(of.as_fd(), PollFlags::POLLIN)
}

/// Something that is to be written to.
pub(super) fn output(of: &impl AsFd) -> PollFd<'_> {
    PollFd::new(of.as_fd(), PollFlags::POLLOUT)
}

/// Whether what was waited for is there.
pub(crate) fn is_ready(fd: &PollFd<'_>) -> bool {
    // Flags that nix does not know are news all the same.
    fd.any() != Some(false)
}

/// How many are ready; waits for as long as `limit` and a part of a millisecond, or for ever.
///
/// A signal that a handler takes does not end it: who waits for a signal has a descriptor for it.
pub(crate) fn poll(fds: &mut [PollFd<'_>], limit: Option<Duration>) -> io::Result<usize> {
    let end = limit.map(|limit| since_boot().saturating_add(limit));
    let mut left = limit;
    loop {
        match nix::poll::poll(fds, timeout(left)) {
            Err(Errno::EINTR) => left = end.map(|end| end.saturating_sub(since_boot())),
            ready => return Ok(usize::try_from(ready?).unwrap_or(0)),
        }
    }
}

fn timeout(limit: Option<Duration>) -> PollTimeout {
    limit.map_or(PollTimeout::NONE, |limit| {
        let rest = u64::from(limit.subsec_nanos().div_ceil(1_000_000));
        let millis = limit.as_secs().saturating_mul(1000).saturating_add(rest);
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
    })
}
