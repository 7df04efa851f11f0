//! `poll`(2) with a limit.
//!
//! By nix, as are timers and clocks: rustix hands musl a time whose nanoseconds lie where a
//! big-endian 32-bit musl has padding, so on such a router no wait would end when it should.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout};

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
pub(crate) fn poll(fds: &mut [PollFd<'_>], limit: Option<Duration>) -> io::Result<usize> {
    let timeout = limit.map_or(PollTimeout::NONE, |limit| {
        let rest = u64::from(limit.subsec_nanos().div_ceil(1_000_000));
        let millis = limit.as_secs().saturating_mul(1000).saturating_add(rest);
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
    });
    let ready = nix::poll::poll(fds, timeout)?;
    Ok(usize::try_from(ready).unwrap_or(0))
}
