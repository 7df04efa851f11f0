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

use super::cancel::Cancel;
use super::clock;
use super::gate::Gate;
use super::refusal;
use super::session::Session;
use super::tcp::Connection;
use crate::address::DeviceName;
use crate::provider::failure::Failure;

/// A reply's head is a few lines; a front end's cookies and policies can make kilobytes of it.
pub(super) const HEAD_MAX: usize = 16 * 1024;
/// A head that is too large must fit, so that it is known to be.
const INPUT: usize = HEAD_MAX + 1;
/// A request has a few hundred bytes; ureq's default is 128 KiB each.
const OUTPUT: usize = 4096;

/// Opens connections along one route.
#[derive(Debug)]
pub(super) struct LinkConnector {
    /// The device that the traffic leaves by, or does not leave at all.
    pub(super) device: Option<DeviceName>,
    /// What `https` is spoken with.
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// What a request passes before it is written.
    pub(super) gate: Gate,
    /// Ends what it waits for before its time.
    pub(super) cancel: Cancel,
}

impl Connector for LinkConnector {
    type Out = Link;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let wire = self.open_any(details).map_err(io::Error::other)?;
        let buffers = LazyBuffers::new(INPUT, OUTPUT);
        Ok(Some(Link { wire, buffers, gate: self.gate.clone() }))
    }
}

impl LinkConnector {
    /// The first of the provider's addresses that all can be agreed on with, TLS included.
    fn open_any(&self, details: &ConnectionDetails<'_>) -> Result<Wire, Failure> {
        let left = details.timeout.not_zero().map_or(Duration::MAX, |left| *left);
        let deadline = clock::since_boot().saturating_add(left);
        let mut told = Failure::Connect;
        let mut has_answered = false;
        for (tried, address) in details.addrs.iter().enumerate() {
            // Each address gets an equal share of what is left, so that one which swallows
            // packets does not use up the time of those behind it.
            let left = deadline.saturating_sub(clock::since_boot());
            let share = left / u32::try_from(details.addrs.len() - tried).unwrap_or(1);
            let failure = match self.open(*address, share) {
                Err(failure) if is_of_this_machine(failure) => return Err(failure),
                // What a server that answered is not fit for says more than one that did not.
                Err(_) if has_answered => continue,
                Err(failure) => failure,
                Ok(socket) => match self.secure(details, socket) {
                    Ok(wire) => return Ok(wire),
                    Err(failure) => {
                        has_answered = true;
                        failure
                    }
                },
            };
            told = failure;
        }
        Err(told)
    }

    /// Connects, by the device if there is one to be bound to.
    pub(super) fn open(
        &self,
        address: SocketAddr,
        timeout: Duration,
    ) -> Result<Connection, Failure> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP));
        let socket = socket.map_err(|error| refusal::of_connect(&error))?;
        if let Some(device) = &self.device {
            socket.bind_device(Some(device.as_bytes())).map_err(|_| Failure::Bind)?;
        }
        let connection = Connection::open(socket, address, timeout, self.cancel.clone());
        let connection = connection.map_err(|error| refusal::of_connect(&error))?;
        connection.stream.set_nodelay(true).map_err(|error| refusal::of_connect(&error))?;
        Ok(connection)
    }

    /// Shakes hands within the time that the connection has left.
    fn secure(&self, details: &ConnectionDetails<'_>, socket: Connection) -> Result<Wire, Failure> {
        if !details.needs_tls() {
            return Ok(Wire::Plain(socket));
        }
        // A route without authorities is one of plain HTTP.
        let config = Arc::clone(self.tls.as_ref().ok_or(Failure::Tls)?);
        let host = details.uri.host().unwrap_or_default();
        match Session::open(config, host, socket) {
            Ok(session) => Ok(Wire::Tls(Box::new(session))),
            Err(error) => Err(refusal::of_tls(&error)),
        }
    }
}

/// Whether every other address would meet the same.
fn is_of_this_machine(failure: Failure) -> bool {
    matches!(failure, Failure::Bind | Failure::Resources | Failure::AddressGone)
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
        // To read into no room gives nothing, which would look like the end.
        if input.is_empty() {
            return Err(io::Error::other(Failure::TooLarge).into());
        }
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
