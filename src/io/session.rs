//! TLS over a socket.
//!
//! rustls brings a stream of its own, which does not tell a handshake that failed from a connection
//! that broke later, when the request may have arrived. It weighs 2 KB more on MIPS, too.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

/// A TLS session and the socket below it.
#[derive(Debug)]
pub(super) struct Session<S> {
    tls: ClientConnection,
    pub(super) socket: S,
}

impl<S: Read + Write> Session<S> {
    /// Shakes hands with `host`, so that what is wrong with its certificate is known before any
    /// credential is written.
    ///
    /// # Errors
    /// One of rustls in the error if TLS failed, or the socket's own.
    pub(super) fn open(config: Arc<ClientConfig>, host: &str, socket: S) -> io::Result<Self> {
        // An IPv6 address stands in brackets in a URL, and not in a certificate.
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut session = Self { tls, socket };
        session.send()?;
        while session.tls.is_handshaking() {
            if !session.receive()? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(session)
    }

    /// What was agreed on.
    #[cfg(feature = "doctor")]
    pub(super) fn agreed(&self) -> &ClientConnection {
        &self.tls
    }

    /// Whether everything that was decrypted has been read.
    pub(super) fn is_drained(&mut self) -> bool {
        // Nothing new is taken from the socket here; this is where the count is told.
        self.tls.process_new_packets().is_ok_and(|state| state.plaintext_bytes_to_read() == 0)
    }

    /// Hands what TLS has to say to the socket.
    fn send(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            if self.tls.write_tls(&mut self.socket)? == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// Takes what one read gives, and answers it; false at the end.
    fn receive(&mut self) -> io::Result<bool> {
        let is_handshaking = self.tls.is_handshaking();
        let length = self.tls.read_tls(&mut self.socket)?;
        let understood = self.tls.process_new_packets();
        // If it was not, this is the alert that says so: what went wrong first is what counts.
        let sent = self.send();
        // Later on the request may have arrived, so it is not TLS that failed, but the connection.
        let closed = || ErrorKind::ConnectionAborted.into();
        understood
            .map_err(|error| if is_handshaking { io::Error::other(error) } else { closed() })?;
        sent.map(|()| length > 0)
    }
}

impl<S: Read + Write> Read for Session<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            // The end is told by the reader, which knows whether the peer said goodbye.
            self.receive()?;
        }
    }
}

impl<S: Read + Write> Write for Session<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.tls.writer().write(bytes)?;
        self.send().map(|()| length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.socket.flush()
    }
}
