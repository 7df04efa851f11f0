//! A TCP connection that waits neither longer than it may nor for what cannot arrive any more.
//!
//! A line that reconnects gives another address, and nothing that is sent to the old one arrives.
//! The kernel does not tell a connection; so each wait is cut into pieces, and between two of them
//! the address is looked at. What is quick pays nothing for it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{RecvFlags, connect, recv};
use socket2::{SockRef, Socket, Type};
use ureq::unversioned::transport::NextTimeout;

use super::cancel::Cancel;
use super::clock;

/// How long a piece of a wait is.
pub(super) const LOOK: Duration = Duration::from_millis(250);
/// A reply has come as a whole by so many reads; a peer that never ends does not go on after them.
const LATE_MAX: u8 = 64;
/// The kind of the error that ends a wait whose own address is gone, or that was called off: no
/// call to the kernel has it.
pub(super) const ADDRESS_GONE: ErrorKind = ErrorKind::NotConnected;

/// A connection whose reads and writes all end at one time, or with the address that it has here:
/// a peer that sends a byte now and then gains nothing.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    /// Since boot.
    deadline: Duration,
    cancel: Cancel,
    /// Reads after the deadline.
    late: u8,
}

impl Connection {
    /// Connects a socket within `timeout`.
    pub(super) fn open(
        socket: Socket,
        address: SocketAddr,
        timeout: Duration,
        cancel: Cancel,
    ) -> io::Result<Self> {
        let deadline = clock::since_boot().saturating_add(timeout);
        let connection = Self { stream: socket.into(), deadline, cancel, late: 0 };
        loop {
            connection.limit(Timeout::Send)?;
            // After a piece the kernel goes on connecting; a second call joins in.
            match connect(&connection.stream, &address) {
                Err(error) => connection.look(error.into())?,
                Ok(()) => return Ok(connection),
            }
        }
    }

    /// When what follows ends.
    pub(super) fn set_time(&mut self, timeout: NextTimeout) {
        // Not `not_zero`, which gives a second more each time.
        self.deadline = clock::since_boot().saturating_add(*timeout.after);
        if !timeout.after.is_zero() {
            self.late = 0;
        }
    }

    /// Has the next call to the kernel end in time.
    fn limit(&self, direction: Timeout) -> io::Result<()> {
        if self.cancel.is_cancelled() {
            return Err(ADDRESS_GONE.into());
        }
        let left = self.deadline.saturating_sub(clock::since_boot());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(set_socket_timeout(&self.stream, direction, Some(left.min(LOOK)))?)
    }

    /// Whether there is more to wait for after this error.
    fn look(&self, error: io::Error) -> io::Result<()> {
        match Errno::from_io_error(&error) {
            Some(Errno::INTR) => Ok(()),
            Some(Errno::AGAIN | Errno::INPROGRESS | Errno::ALREADY) if self.is_here() => Ok(()),
            Some(Errno::AGAIN | Errno::INPROGRESS | Errno::ALREADY) => Err(ADDRESS_GONE.into()),
            _ => Err(error),
        }
    }

    /// Whether its address is still one of this machine: the kernel lets nobody bind to another.
    fn is_here(&self) -> bool {
        let bound = SockRef::from(&self.stream)
            .local_addr()
            .and_then(|here| Socket::new(here.domain(), Type::DGRAM, None)?.bind(&here));
        !bound.is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable)
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.limit(Timeout::Recv) {
                // What arrived while this process could not run, as on a machine that was
                // suspended, is not late.
                Err(error) if error.kind() == ErrorKind::TimedOut && self.late < LATE_MAX => {
                    self.late += 1;
                    return recv(&self.stream, buffer, RecvFlags::DONTWAIT)
                        .map_or(Err(error), |(length, _)| Ok(length));
                }
                limited => limited?,
            }
            match self.stream.read(buffer) {
                Err(error) => self.look(error)?,
                read => return read,
            }
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            self.limit(Timeout::Send)?;
            match self.stream.write(bytes) {
                Err(error) => self.look(error)?,
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
