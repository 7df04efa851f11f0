//! The kernel's news, and when they have come to an end for the moment.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::clock;
use super::netlink::Watch;

/// Events of one reconnect come in a bunch; the last of them is waited for this long. What comes
/// later is met by a look-up that bears with a line that settles (`dns.rs`), by the permit of each
/// request, and in a storm by the flap limit,
const QUIET: Duration = Duration::from_millis(40);
/// but no longer than this altogether.
const COALESCE_MAX: Duration = Duration::from_secs(1);

/// What the kernel has told since the last look at everything.
#[derive(Debug)]
pub(crate) struct News {
    watch: Watch,
    /// First of the bunch and when it counts as over, in time since boot.
    bunch: Option<(Duration, Duration)>,
}

impl News {
    /// Listens from now on: open it before the first look, so that nothing falls between.
    ///
    /// # Errors
    /// What the socket says.
    pub(crate) fn open() -> io::Result<Self> {
        Ok(Self { watch: Watch::open()?, bunch: None })
    }

    /// Whether links, addresses or routes have changed since the last look at everything.
    ///
    /// # Errors
    /// What the socket says.
    pub(crate) fn hear(&mut self) -> io::Result<bool> {
        if self.watch.drain()? {
            let now = clock::since_boot();
            let first = self.bunch.map_or(now, |(first, _)| first);
            self.bunch = Some((first, (now + QUIET).min(first + COALESCE_MAX)));
        }
        Ok(self.bunch.is_some())
    }

    /// When the bunch counts as over, in time since boot; `None` without news.
    #[must_use]
    pub(crate) fn over_at(&self) -> Option<Duration> {
        self.bunch.map(|(_, over)| over)
    }

    /// A look at everything begins.
    ///
    /// # Errors
    /// What the socket says.
    pub(crate) fn cover(&mut self) -> io::Result<()> {
        self.watch.drain()?;
        self.bunch = None;
        Ok(())
    }
}

impl AsFd for News {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.watch.as_fd()
    }
}
