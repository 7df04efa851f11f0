//! Threads for what may hang, and the way back of what came of it.
//!
//! Everything that is judged, remembered and said stays in the main thread; a thread makes one
//! call, or runs one program, and reports.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::event::{EventfdFlags, eventfd};

/// Stack of a thread, in bytes of address space: only what is used becomes memory.
const STACK: usize = 512 * 1024;

/// What threads have reported and the main thread has not taken yet.
#[derive(Debug)]
pub(crate) struct Reports<T> {
    shared: Arc<Shared<T>>,
}

/// The end of a thread; each has its own.
#[derive(Debug)]
pub(crate) struct Reporter<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    waiting: Mutex<Vec<T>>,
    bell: OwnedFd,
}

impl<T> Reports<T> {
    /// Nothing is reported yet.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { shared: Arc::new(Shared { waiting: Mutex::new(Vec::new()), bell }) })
    }

    /// An end for one more thread.
    #[must_use]
    pub(crate) fn reporter(&self) -> Reporter<T> {
        Reporter { shared: Arc::clone(&self.shared) }
    }

    /// Takes what was reported, in its order.
    pub(crate) fn take(&self) -> Vec<T> {
        // Before the reports: who rings later is heard at the next poll.
        let _ = rustix::io::read(&self.shared.bell, &mut [0u8; 8]);
        std::mem::take(&mut *locked(&self.shared.waiting))
    }
}

impl<T> AsFd for Reports<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.shared.bell.as_fd()
    }
}

impl<T> Reporter<T> {
    /// Reports to the main thread and wakes it.
    pub(crate) fn send(&self, report: T) {
        locked(&self.shared.waiting).push(report);
        // A counter that is full rings all the same.
        let _ = rustix::io::write(&self.shared.bell, &1u64.to_ne_bytes());
    }
}

impl<T> Clone for Reporter<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

/// Starts a thread that nobody waits for: the process may end before it.
///
/// # Errors
/// What the system says if it has no memory or no processes left.
pub(crate) fn start(work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    thread::Builder::new().stack_size(STACK).spawn(work).map(drop)
}

/// No thread leaves anything half done while it holds a lock: a panic ends the process.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
