//! Asks netifd about logical interfaces, over the socket of ubus.

mod failure;

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

pub use failure::Failure;

use super::signals::is_ending;
use crate::ubus::{
    Decoder, INTERFACES, InterfaceName, InterfaceStatus, Kind, Malformed, Message, NETIFD,
    SERVICES, STATUS_DENIED, STATUS_NOT_FOUND, STATUS_OK, invoke_status, invoke_watchdog, lookup,
};

/// Where ubusd listens: since OpenWrt 21.02, and before.
pub const SOCKETS: [&str; 2] = ["/var/run/ubus/ubus.sock", "/var/run/ubus.sock"];

/// Waiting allowed to one client over all its questions; ubus answers within milliseconds.
pub const TIME_LIMIT: Duration = Duration::from_secs(2);

/// A signal mostly ends a wait; one that comes just before it is met after this.
const SLICE: Duration = Duration::from_millis(500);

/// Names kept by [`Client::names`]; further ones are left out.
pub const MAX_NAMES: usize = 32;

const CHUNK: usize = 4096;

/// A connection to ubusd, for the questions of one pass.
#[derive(Debug)]
pub struct Client {
    socket: UnixStream,
    decoder: Decoder,
    seq: u16,
    netifd: Option<u32>,
    left: Duration,
}

impl Client {
    /// Connects where ubusd listens on OpenWrt; all waiting together ends after `limit`.
    ///
    /// # Errors
    /// There is no ubus here, or it does not answer.
    pub fn open(limit: Duration) -> Result<Self, Failure> {
        let [current, former] = SOCKETS.map(Path::new);
        match Self::connect(current, limit) {
            Err(none @ Failure::NoUbus(..)) => match Self::connect(former, limit) {
                Err(Failure::NoUbus(..)) => Err(none),
                other => other,
            },
            other => other,
        }
    }

    /// Connects to the socket at `path`; all waiting together ends after `limit`.
    ///
    /// # Errors
    /// Nothing listens there, it is not ubusd, or it does not answer.
    pub fn connect(path: &Path, limit: Duration) -> Result<Self, Failure> {
        let deadline = Instant::now() + limit;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // Linux applies this limit to connecting, too, when ubusd does not accept.
        socket.set_write_timeout(Some(limit))?;
        socket.connect(&SockAddr::unix(path)?).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => Failure::Timeout,
            ErrorKind::PermissionDenied => Failure::Denied,
            _ => Failure::NoUbus(path.to_owned(), error),
        })?;
        let mut client = Self {
            socket: OwnedFd::from(socket).into(),
            decoder: Decoder::default(),
            seq: 0,
            netifd: None,
            left: limit,
        };
        while client.receive(deadline)?.kind != Kind::Hello {}
        client.left = deadline.saturating_duration_since(Instant::now());
        Ok(client)
    }

    /// The status of the interface; `None` if there is no interface of this name.
    ///
    /// # Errors
    /// netifd could not be asked.
    pub fn interface(&mut self, name: &str) -> Result<Option<InterfaceStatus>, Failure> {
        let Ok(name) = InterfaceName::try_from(name) else { return Ok(None) };
        let netifd = self.netifd()?;
        self.seq = self.seq.wrapping_add(1);
        let mut data = Vec::new();
        let question = invoke_status(self.seq, netifd, &name);
        let end = self.ask(&question, netifd, &mut |part| data = part.data)?;
        match (end.status, end.object) {
            (Some(STATUS_OK), _) => Ok(Some(InterfaceStatus::decode(&data)?)),
            (Some(STATUS_NOT_FOUND), Some(_)) => Ok(None),
            // Only netifd names its object: here ubusd says that the object itself is gone.
            (Some(STATUS_NOT_FOUND), None) => {
                self.netifd = None;
                Err(Failure::NoNetifd)
            }
            (status, _) => Err(refused(status)),
        }
    }

    /// Tells procd that this service is alive.
    ///
    /// # Errors
    /// procd could not be told.
    pub fn wind_up_watchdog(&mut self, service: &str, instance: &str) -> Result<(), Failure> {
        let mut found = None;
        self.look_up(SERVICES, &mut |part| found = part.object)?;
        let procd = found.ok_or(Failure::Denied)?;
        self.seq = self.seq.wrapping_add(1);
        let question = invoke_watchdog(self.seq, procd, service, instance);
        match self.ask(&question, procd, &mut |_| {})?.status {
            Some(STATUS_OK) => Ok(()),
            status => Err(refused(status)),
        }
    }

    /// The names of all interfaces of this router, at most [`MAX_NAMES`].
    ///
    /// # Errors
    /// ubusd could not be asked.
    pub fn names(&mut self) -> Result<heapless::Vec<InterfaceName, MAX_NAMES>, Failure> {
        let mut names = heapless::Vec::new();
        let end = self.look_up(INTERFACES, &mut |part| {
            let prefix = INTERFACES.trim_end_matches('*');
            let name = part.path.as_deref().and_then(|path| path.strip_prefix(prefix));
            if let Some(name) = name.and_then(|name| InterfaceName::try_from(name).ok()) {
                let _ = names.push(name);
            }
        })?;
        match end.status {
            Some(STATUS_OK | STATUS_NOT_FOUND) => Ok(names),
            status => Err(refused(status)),
        }
    }

    /// The id of netifd's object, asked for once.
    fn netifd(&mut self) -> Result<u32, Failure> {
        if let Some(id) = self.netifd {
            return Ok(id);
        }
        let mut found = None;
        let end = self.look_up(NETIFD, &mut |part| found = part.object)?;
        self.netifd = found;
        match (end.status, found) {
            (Some(STATUS_OK), Some(id)) => Ok(id),
            // ubusd leaves out what the access list forbids, without an error.
            (Some(STATUS_OK), None) => Err(Failure::Denied),
            (Some(STATUS_NOT_FOUND), _) => Err(Failure::NoNetifd),
            (status, _) => Err(refused(status)),
        }
    }

    fn look_up(
        &mut self,
        path: &'static str,
        part: &mut dyn FnMut(Message),
    ) -> Result<Message, Failure> {
        self.seq = self.seq.wrapping_add(1);
        self.ask(&lookup(self.seq, path), 0, part)
    }

    /// Sends the question, gives each part of the answer to `part`, and returns its end.
    fn ask(
        &mut self,
        question: &[u8],
        peer: u32,
        part: &mut dyn FnMut(Message),
    ) -> Result<Message, Failure> {
        let deadline = Instant::now() + self.left;
        let end = self.send(question, deadline).and_then(|()| self.answer(peer, part, deadline));
        self.left = deadline.saturating_duration_since(Instant::now());
        end
    }

    fn send(&mut self, question: &[u8], deadline: Instant) -> Result<(), Failure> {
        self.socket.set_write_timeout(Some(remaining(deadline)?))?;
        Ok(self.socket.write_all(question)?)
    }

    fn answer(
        &mut self,
        peer: u32,
        part: &mut dyn FnMut(Message),
        deadline: Instant,
    ) -> Result<Message, Failure> {
        loop {
            let message = self.receive(deadline)?;
            match message.kind {
                _ if message.seq != self.seq || message.peer != peer => {}
                Kind::Data => part(message),
                Kind::Status => return Ok(message),
                Kind::Hello | Kind::Other(_) => {}
            }
        }
    }

    fn receive(&mut self, deadline: Instant) -> Result<Message, Failure> {
        loop {
            // Also between messages that are at hand: ubusd must not be able to keep us here.
            let left = remaining(deadline)?;
            if let Some(message) = self.decoder.next_message()? {
                return Ok(message);
            }
            if is_ending() {
                return Err(Failure::Timeout);
            }
            self.socket.set_read_timeout(Some(left.min(SLICE)))?;
            let mut chunk = [0; CHUNK];
            match self.socket.read(&mut chunk) {
                Ok(0) => return Err(Failure::Closed),
                Ok(read) => self.decoder.push(chunk.get(..read).unwrap_or_default())?,
                Err(error)
                    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn remaining(deadline: Instant) -> Result<Duration, Failure> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(Failure::Timeout) } else { Ok(left) }
}

fn refused(status: Option<u32>) -> Failure {
    match status {
        Some(STATUS_DENIED) => Failure::Denied,
        Some(status) => Failure::Status(status),
        None => Failure::Malformed(Malformed::Field("status")),
    }
}
