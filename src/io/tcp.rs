//! TCP sockets for ureq, bound to a device if asked.
//!
//! ureq's own connector cannot bind. Its transport traits make no promise across minor versions;
//! `Cargo.lock` holds the version that this was written for.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use socket2::{Domain, Protocol, Socket, Type};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

use crate::address::DeviceName;

/// A request has a few hundred bytes and a reply hardly more; ureq's default is 128 KiB each.
const BUFFER: usize = 4096;

/// Marks an error of binding, which is no error of the network.
#[derive(Debug)]
pub(super) struct BindFailed;

impl std::fmt::Display for BindFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot bind the socket to the device")
    }
}

impl std::error::Error for BindFailed {}

/// Opens TCP connections, through `device` or not at all if it is set.
#[derive(Debug)]
pub(super) struct TcpConnector {
    pub(super) device: Option<DeviceName>,
}

impl Connector for TcpConnector {
    type Out = TcpTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let mut timeout = details.timeout;
        let mut outcome = Err(Error::HostNotFound);
        for (tried, address) in details.addrs.iter().enumerate() {
            // Each address gets an equal share of what is left, so that one which swallows
            // packets does not use up the time of those behind it.
            let left = timeout.not_zero().map_or(Duration::MAX, |left| *left);
            let share = left / u32::try_from(details.addrs.len() - tried).unwrap_or(1);
            outcome = self.open(*address, share);
            match &outcome {
                Err(Error::Timeout(_)) => timeout.after = left.saturating_sub(share).into(),
                Err(Error::Io(error)) if is_of_this_address(error) => {}
                Ok(_) | Err(_) => break,
            }
        }
        let stream = outcome?;
        stream.set_nodelay(true)?;
        Ok(Some(TcpTransport { stream, buffers: LazyBuffers::new(BUFFER, BUFFER) }))
    }
}

impl TcpConnector {
    fn open(&self, address: SocketAddr, timeout: Duration) -> Result<TcpStream, Error> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if let Some(device) = &self.device {
            socket
                .bind_device(Some(device.as_bytes()))
                .map_err(|_| io::Error::other(BindFailed))?;
        }
        match socket.connect_timeout(&address.into(), timeout) {
            Ok(()) => Ok(socket.into()),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                Err(Error::Timeout(ureq::Timeout::Connect))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether another address of the same name may still do.
fn is_of_this_address(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable
    )
}

/// An open TCP connection.
#[derive(Debug)]
pub(super) struct TcpTransport {
    stream: TcpStream,
    buffers: LazyBuffers,
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.set_write_timeout(timeout.not_zero().map(|left| *left))?;
        let output = self.buffers.output();
        let output = output.get(..amount).unwrap_or(output);
        self.stream.write_all(output).map_err(|error| timed_out(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.set_read_timeout(timeout.not_zero().map(|left| *left))?;
        let amount = loop {
            match self.stream.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result.map_err(|error| timed_out(error, timeout))?,
            }
        };
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// A connection that holds bytes nobody asked for, or that was closed, is not used again.
    fn is_open(&mut self) -> bool {
        let mut byte = [0];
        let peeked = recv(&self.stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT);
        matches!(peeked, Err(rustix::io::Errno::AGAIN))
    }
}

fn timed_out(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Error::Timeout(timeout.reason),
        _ => error.into(),
    }
}
