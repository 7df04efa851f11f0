//! Signals, as something that `poll` can wait for.

use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::{flag, low_level};

use super::process::TERM_ENDS;

/// Set when the process is to end, once there are handlers.
static END: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Whether the process is to end: what waits for an answer in the main thread gives up then.
pub(super) fn is_ending() -> bool {
    END.get().is_some_and(|end| end.load(Ordering::SeqCst))
}

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
        let [end, reload, look] = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
        for (signal, asked) in
            [(SIGTERM, &end), (SIGINT, &end), (SIGHUP, &reload), (SIGUSR1, &look)]
        {
            flag::register(signal, Arc::clone(asked))?;
            low_level::pipe::register(signal, wake.try_clone()?)?;
        }
        let _ = END.set(Arc::clone(&end));
        TERM_ENDS.store(false, Ordering::SeqCst);
        Ok(Self { pipe, end, reload, look })
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

    /// Whether the process is to end; that stays to be [taken](Self::take).
    #[must_use]
    pub fn end(&self) -> bool {
        self.end.load(Ordering::SeqCst)
    }

    /// Whether something was asked since the last call of [`Signals::take`].
    #[must_use]
    pub fn are_asking(&self) -> bool {
        [&self.end, &self.reload, &self.look].iter().any(|asked| asked.load(Ordering::SeqCst))
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
