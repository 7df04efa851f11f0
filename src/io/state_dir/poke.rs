//! The sockets by which the process that stays is asked, from both ends.
//!
//! Nobody's process number is learnt and nobody is signalled: who may ask is who may open a socket.
//! The group has one of its own, so that whatever comes through it leaves room for its owner.

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
use crate::poke::{ANSWER_MAX, Answer, Request};

/// Who asks may be many at an interface's start; the kernel keeps them while a pass goes on.
const BACKLOG: i32 = 64;
/// The runner may be in the middle of calls to providers that hang.
const PATIENCE: Duration = Duration::from_mins(1);
const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);

/// Whom a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// The owner of the state directory, and root.
    Owner,
    /// Its group, where that may ask.
    Group,
}

impl For {
    /// In the order in which they are tried.
    pub(super) const ALL: [Self; 2] = [Self::Owner, Self::Group];

    const fn name(self) -> &'static str {
        match self {
            Self::Owner => "poke",
            Self::Group => "poke.group",
        }
    }
}

/// The socket that others connect to; it goes away with its owner.
#[derive(Debug)]
pub(super) struct Door {
    socket: OwnedFd,
    dir: Dir,
    whose: For,
}

impl Door {
    /// To be called by the holder of the lock alone: a socket that is there is a dead one's. `None`
    /// if it would be for a group, and there is none that may ask.
    pub(super) fn open(dir: Dir, path: &Path, whose: For) -> Result<Option<Self>, Errno> {
        let name = whose.name();
        dir.remove(name);
        if whose == For::Group && !dir.is_shared() {
            return Ok(None);
        }
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
        dir.address((path, name), &|address| bind(&socket, address))?;
        let door = Self { socket, dir, whose };
        // Nobody but its owner puts anything here, and before this nobody is let in.
        door.dir.set_mode(name, if whose == For::Group { 0o660 } else { 0o600 })?;
        listen(&door.socket, BACKLOG)?;
        Ok(Some(door))
    }

    /// Whom it is for.
    pub(super) fn whose(&self) -> For {
        self.whose
    }

    /// The next one who asks; `None` if nobody waits.
    ///
    /// # Errors
    /// Nobody can be let in now, for want of descriptors or memory.
    pub(super) fn accept(&self) -> Result<Option<UnixStream>, Errno> {
        match accept_with(&self.socket, FLAGS) {
            Ok(accepted) => Ok(Some(accepted.into())),
            Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)) => Err(error),
            // Nobody, or one who has gone: the next is met at the next call.
            Err(_) => Ok(None),
        }
    }
}

impl AsFd for Door {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.dir.remove(self.whose.name());
    }
}

/// The process that stays, as the others see it: a connection to it.
#[derive(Debug)]
pub struct Runner {
    stream: UnixStream,
    state_dir: PathBuf,
}

/// Who is met where a process that stays listens.
pub(super) enum Met {
    Runner(Runner),
    /// So many wait for it that nobody more fits.
    Crowd,
    Nobody,
}

impl Runner {
    pub(super) fn connect(private: &Dir, path: &Path, state_dir: &Path) -> Met {
        let mut met = Met::Nobody;
        for whose in For::ALL {
            match Self::connect_to(private, (path, whose.name())) {
                Ok(stream) => {
                    return Met::Runner(Self { stream, state_dir: state_dir.to_owned() });
                }
                Err(Errno::AGAIN) => met = Met::Crowd,
                Err(_) => {}
            }
        }
        met
    }

    fn connect_to(private: &Dir, place: (&Path, &str)) -> Result<UnixStream, Errno> {
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
        private.address(place, &|address| connect(&socket, address))?;
        Ok(socket.into())
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
