//! Those who have connected: what each has said so far, and the seat that it has.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use super::poke::For;
use crate::poke::{Answer, Garbled, REQUEST_MAX, Request};

/// The seats of those who are heard or wait for an answer; a taken one is free again when its
/// [`Seat`] is dropped.
#[derive(Debug, Default)]
pub(super) struct Seats(Rc<()>);

/// One that is taken.
#[derive(Debug)]
struct Seat {
    _taken: Rc<()>,
}

impl Seats {
    pub(super) fn taken(&self) -> usize {
        Rc::strong_count(&self.0) - 1
    }

    fn take(&self) -> Seat {
        Seat { _taken: Rc::clone(&self.0) }
    }
}

/// One who has connected, and what it has said so far.
#[derive(Debug)]
pub(super) struct Caller {
    stream: UnixStream,
    said: Vec<u8>,
    seat: Seat,
    /// When it was let in, in time since boot.
    pub(super) since: Duration,
}

/// What has come of a caller.
pub(super) enum Heard {
    /// There may be more to come.
    Part(Caller),
    /// It said what it wants.
    All(Poke),
    /// It has gone, or talks nonsense.
    Nothing,
}

impl Caller {
    pub(super) fn new(stream: UnixStream, seats: &Seats, since: Duration) -> Self {
        Self { stream, said: Vec::new(), seat: seats.take(), since }
    }

    /// How many bytes it has said.
    pub(super) fn said(&self) -> usize {
        self.said.len()
    }

    /// Reads what is there.
    pub(super) fn hear(mut self, whose: For) -> Heard {
        let mut piece = [0; 1024];
        // Whoever says more than this has said too much.
        while self.said.len() <= REQUEST_MAX {
            match self.stream.read(&mut piece) {
                Ok(0) => return Heard::Nothing,
                Ok(length) => self.said.extend(piece.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return Heard::Nothing,
            }
        }
        match Request::decode(&self.said) {
            Ok(Some(mut request)) => {
                let is_owners = whose == For::Owner;
                // To read the configuration again is no wish of those who may not write it.
                request.reread &= is_owners;
                Heard::All(Poke { stream: self.stream, request, is_owners, _seat: self.seat })
            }
            Ok(None) => Heard::Part(self),
            Err(Garbled) => Heard::Nothing,
        }
    }
}

impl AsFd for Caller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// A request that waits for its answer; dropped, it tells the other side to do it itself.
#[derive(Debug)]
pub struct Poke {
    stream: UnixStream,
    /// What is asked for.
    pub request: Request,
    /// The owner or root asks, and no member of a group.
    pub is_owners: bool,
    _seat: Seat,
}

impl Poke {
    /// Answers with the lines of a pass that began after [`Listener::take`](super::Listener::take)
    /// gave this; who has gone, or reads nothing, goes without.
    pub fn answer(mut self, lines: &str, exit: u8) {
        // An answer is smaller than what the kernel keeps for a reader.
        let _ = self.stream.write_all(Answer::encode(lines, exit).as_bytes());
    }

    pub(super) fn stream(&self) -> &UnixStream {
        &self.stream
    }
}
