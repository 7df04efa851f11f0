//! Signals, as something that `poll` can wait for.

use std::io::{self, ErrorKind, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::{flag, low_level};

use super::process::TERM_ENDS;

/// What signals asked for since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// SIGTERM or SIGINT: end cleanly.
    pub end: bool,
    /// SIGHUP: read the configuration again.
    pub reload: bool,
    /// SIGUSR1: look again now.
    pub look: bool,
}

/// The handlers; they stay for the life of the process.
#[derive(Debug)]
pub struct Signals {
    pipe: UnixStream,
    end: Arc<AtomicBool>,
    reload: Arc<AtomicBool>,
    look: Arc<AtomicBool>,
    blocked: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers. To be done first of all: until then SIGUSR1 kills.
    ///
    /// # Errors
    /// What the system says.
    pub fn install() -> io::Result<Self> {
        let (pipe, wake) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        wake.set_nonblocking(true)?;
        let [end, reload, look, blocked] = [(); 4].map(|()| Arc::new(AtomicBool::new(false)));
        for (signal, asked) in
            [(SIGTERM, &end), (SIGINT, &end), (SIGHUP, &reload), (SIGUSR1, &look)]
        {
            flag::register(signal, Arc::clone(asked))?;
            low_level::pipe::register(signal, wake.try_clone()?)?;
        }
        for signal in [SIGTERM, SIGINT] {
            flag::register_conditional_shutdown(signal, 0, Arc::clone(&blocked))?;
        }
        TERM_ENDS.store(false, Ordering::SeqCst);
        Ok(Self { pipe, end, reload, look, blocked })
    }

    /// What was asked since the last call.
    #[must_use]
    pub fn take(&self) -> Asked {
        let mut byte = [0; 64];
        while matches!((&self.pipe).read(&mut byte), Ok(1..)) {}
        Asked {
            end: self.end.swap(false, Ordering::SeqCst),
            reload: self.reload.swap(false, Ordering::SeqCst),
            look: self.look.swap(false, Ordering::SeqCst),
        }
    }

    /// Whether something was asked since the last call of [`Signals::take`].
    #[must_use]
    pub fn are_asking(&self) -> bool {
        [&self.end, &self.reload, &self.look].iter().any(|asked| asked.load(Ordering::SeqCst))
    }

    /// Does what may block for long; SIGTERM and SIGINT then end the process on the spot, which
    /// is safe at any instant, as a power cut is.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] if the process was asked to end before.
    pub fn while_blocked<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        self.blocked.store(true, Ordering::SeqCst);
        // A signal before the store found no reason to end the process; it is seen here.
        let result = if self.end.load(Ordering::SeqCst) {
            Err(ErrorKind::Interrupted.into())
        } else {
            Ok(work())
        };
        self.blocked.store(false, Ordering::SeqCst);
        result
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
