//! The socket by which the process that stays is asked, from both ends.
//!
//! Nobody's process number is learnt and nobody is signalled: who may ask is who may enter the
//! directory. The side that stays waits for nobody: it reads what is there and writes what fits.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, accept_with, bind, connect, listen, socket_with,
};

use super::super::clock;
use super::super::poll::{input, poll};
use super::dir::Dir;
use crate::error::Error;
use crate::poke::{ANSWER_MAX, Answer, Garbled, REQUEST_MAX, Request};

const NAME: &str = "poke";
/// Who asks may be many at an interface's start; the kernel keeps them while a pass goes on.
const BACKLOG: i32 = 64;
/// The runner may be in the middle of calls to providers that hang.
const PATIENCE: Duration = Duration::from_mins(1);
const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);

/// The socket that others connect to; it goes away with its owner.
#[derive(Debug)]
pub(super) struct Door {
    socket: OwnedFd,
    dir: Dir,
}

impl Door {
    /// To be called by the holder of the lock alone: a socket that is there is a dead one's.
    pub(super) fn open(dir: Dir, path: &Path) -> Result<Self, Errno> {
        dir.remove(NAME);
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
        dir.address((path, NAME), &|address| bind(&socket, address))?;
        let door = Self { socket, dir };
        listen(&door.socket, BACKLOG)?;
        door.dir.share(NAME);
        Ok(door)
    }

    /// The next one who asks; `None` if nobody waits.
    pub(super) fn accept(&self) -> Option<UnixStream> {
        let accepted = accept_with(&self.socket, FLAGS);
        accepted.ok().map(UnixStream::from)
    }
}

impl AsFd for Door {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.dir.remove(NAME);
    }
}

/// One who has connected, and what it has said so far.
#[derive(Debug)]
pub(super) struct Caller {
    stream: UnixStream,
    said: Vec<u8>,
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
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream, said: Vec::new() }
    }

    /// Reads what is there.
    pub(super) fn hear(mut self) -> Heard {
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
            Ok(Some(request)) => Heard::All(Poke { stream: self.stream, request }),
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

/// The process that stays, as the others see it: a connection to it.
#[derive(Debug)]
pub struct Runner {
    stream: UnixStream,
    state_dir: PathBuf,
}

impl Runner {
    /// `None` if nobody listens, or so many wait that nobody more fits.
    pub(super) fn connect(private: &Dir, path: &Path, state_dir: PathBuf) -> Option<Self> {
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None).ok()?;
        private.address((path, NAME), &|address| connect(&socket, address)).ok()?;
        Some(Self { stream: socket.into(), state_dir })
    }

    /// Has it make a pass and waits for what that comes to; `None` if it ended before.
    ///
    /// # Errors
    /// [`Error::Busy`] if it did not come to it in time, [`Error::Usage`] if a name is too long.
    pub fn ask(mut self, request: &Request) -> Result<Option<Answer>, Error> {
        let text = request.encode().ok_or_else(|| {
            Error::Usage("a name of a host or interface has no place in a request".into())
        })?;
        if self.stream.write_all(text.as_bytes()).is_err() {
            return Ok(None);
        }
        let until = clock::since_boot() + PATIENCE;
        let mut said = Vec::new();
        while said.len() <= ANSWER_MAX {
            let left = until.saturating_sub(clock::since_boot());
            if left.is_zero() {
                return Err(Error::Busy { state_dir: self.state_dir.display().to_string() });
            }
            let _ = poll(&mut [input(&self.stream)], Some(left));
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => said.extend(piece.get(..length).unwrap_or_default()),
                Err(error) if is_passing(error.kind()) => {}
                Err(_) => break,
            }
        }
        Ok(Answer::decode(&said))
    }
}

fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
