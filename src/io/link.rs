//! Connections for ureq: TCP, bound to a device if asked, with TLS if needed.
//!
//! ureq's own connectors cannot bind, and keep code for client keys, proxies and switched-off
//! validation in the program that nobody here uses (on MIPS some 30 KB). Its transport traits make
//! no promise across minor versions; `Cargo.lock` holds the version that this was written for.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use rustls::ClientConfig;
use socket2::{Domain, Protocol, Socket, Type};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

use super::gate::Gate;
use super::session::Session;
use super::tcp::Connection;
use crate::address::DeviceName;
use crate::failure::Failure;

/// A request has a few hundred bytes and a reply hardly more; ureq's default is 128 KiB each.
const BUFFER: usize = 4096;

/// Opens connections along one route.
#[derive(Debug)]
pub(super) struct LinkConnector {
    /// The device that the traffic leaves by, or does not leave at all.
    pub(super) device: Option<DeviceName>,
    /// What `https` is spoken with.
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// What a request passes before it is written.
    pub(super) gate: Gate,
}

impl Connector for LinkConnector {
    type Out = Link;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        self.link(details).map(Some)
    }
}

impl LinkConnector {
    fn link(&self, details: &ConnectionDetails<'_>) -> Result<Link, Error> {
        let mut socket = self.open_any(details)?;
        socket.stream.set_nodelay(true)?;
        let wire = match &self.tls {
            Some(config) if details.needs_tls() => {
                let host = details.uri.host().unwrap_or_default();
                socket.set_time(details.timeout);
                let session = Session::open(Arc::clone(config), host, socket);
                Wire::Tls(Box::new(session.map_err(|error| timed_out(error, details.timeout))?))
            }
            // A route without authorities is one of plain HTTP.
            _ if details.needs_tls() => return Err(Error::Tls("no authorities")),
            _ => Wire::Plain(socket),
        };
        Ok(Link { wire, buffers: LazyBuffers::new(BUFFER, BUFFER), gate: self.gate.clone() })
    }

    fn open_any(&self, details: &ConnectionDetails<'_>) -> Result<Connection, Error> {
        let mut left = details.timeout.not_zero().map_or(Duration::MAX, |left| *left);
        let mut outcome = Err(Error::HostNotFound);
        for (tried, address) in details.addrs.iter().enumerate() {
            // Each address gets an equal share of what is left, so that one which swallows
            // packets does not use up the time of those behind it.
            let share = left / u32::try_from(details.addrs.len() - tried).unwrap_or(1);
            outcome = self.open(*address, share);
            match &outcome {
                Err(Error::Timeout(_)) => left = left.saturating_sub(share),
                Err(Error::Io(error)) if is_of_this_address(error) => {}
                Ok(_) | Err(_) => break,
            }
        }
        outcome
    }

    fn open(&self, address: SocketAddr, timeout: Duration) -> Result<Connection, Error> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if let Some(device) = &self.device {
            socket
                .bind_device(Some(device.as_bytes()))
                .map_err(|_| io::Error::other(Failure::Bind))?;
        }
        Connection::open(socket, address, timeout).map_err(|error| match error.kind() {
            ErrorKind::TimedOut => Error::Timeout(ureq::Timeout::Connect),
            _ => error.into(),
        })
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

/// An open connection.
#[derive(Debug)]
pub(super) struct Link {
    wire: Wire,
    buffers: LazyBuffers,
    gate: Gate,
}

#[derive(Debug)]
enum Wire {
    Plain(Connection),
    Tls(Box<Session<Connection>>),
}

impl Wire {
    fn socket(&mut self) -> &mut Connection {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &mut tls.socket,
        }
    }
}

impl Transport for Link {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.gate.pass()?;
        self.wire.socket().set_time(timeout);
        let output = self.buffers.output();
        let output = output.get(..amount).unwrap_or(output);
        let written = match &mut self.wire {
            Wire::Plain(socket) => socket.write_all(output),
            Wire::Tls(tls) => tls.write_all(output).and_then(|()| tls.flush()),
        };
        written.map_err(|error| timed_out(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.wire.socket().set_time(timeout);
        let input = self.buffers.input_append_buf();
        let read = match &mut self.wire {
            Wire::Plain(socket) => socket.read(input),
            Wire::Tls(tls) => tls.read(input),
        };
        let amount = match read {
            // A server that closes without TLS's own goodbye: HTTP knows whether that is the end.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
            read => read.map_err(|error| timed_out(error, timeout))?,
        };
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Whether another request may follow the answer that was just read.
    ///
    /// Over plain HTTP never: anybody on the way can append an answer that nobody asked for, which
    /// would be taken for that of the next host, whatever is looked at here, as it may come later.
    /// Over TLS it is the provider itself that speaks, and a handshake costs a router 0.1 to 0.4 s,
    /// so records share a connection. One that holds bytes beyond the answer, or that was closed,
    /// is not used again; what ureq has in its own buffer, it looks at itself.
    fn is_open(&mut self) -> bool {
        let Wire::Tls(tls) = &mut self.wire else { return false };
        let mut byte = [0];
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let peeked = recv(&tls.socket.stream, &mut byte, flags);
        matches!(peeked, Err(rustix::io::Errno::AGAIN)) && tls.is_drained()
    }

    fn is_tls(&self) -> bool {
        matches!(self.wire, Wire::Tls(_))
    }
}

fn timed_out(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => error.into(),
    }
}
