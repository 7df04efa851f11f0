//! The listener: it accepts, counts, can be closed and opened again on the same port.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use socket2::SockRef;

use super::connection;
use super::shared::{Shared, locked};

/// An HTTPS listener with a thread for itself and one for each connection.
///
/// Threads inherit the network namespace of the thread that starts them, so everything here lives
/// in the namespace of whoever called `start` and `open`.
pub struct Https {
    address: SocketAddr,
    shared: Arc<Shared>,
    connections: Arc<Mutex<Connections>>,
    accepting: Option<Accepting>,
}

/// The listening socket and the thread that waits at it.
struct Accepting {
    listener: TcpListener,
    thread: JoinHandle<()>,
}

/// The open connections by number, and how many there have been.
#[derive(Default)]
struct Connections {
    accepted: usize,
    open: HashMap<usize, TcpStream>,
    closing: bool,
}

impl Https {
    /// Listens and serves.
    pub fn start(address: SocketAddr, shared: Arc<Shared>) -> io::Result<Self> {
        let mut https = Self { address, shared, connections: Arc::default(), accepting: None };
        https.open()?;
        Ok(https)
    }

    /// Where it listens, or listened before it was closed.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were accepted since the start.
    pub fn connections(&self) -> usize {
        locked(&self.connections).accepted
    }

    /// Listens again; nothing happens if it does.
    pub fn open(&mut self) -> io::Result<()> {
        if self.accepting.is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind(self.address)?;
        self.address = listener.local_addr()?;
        locked(&self.connections).closing = false;
        let (shared, connections) = (Arc::clone(&self.shared), Arc::clone(&self.connections));
        let waiting = listener.try_clone()?;
        let thread = std::thread::spawn(move || accept(&waiting, &shared, &connections));
        self.accepting = Some(Accepting { listener, thread });
        Ok(())
    }

    /// Refuses connections from now on and cuts those that are open.
    pub fn close(&mut self) {
        let Some(Accepting { listener, thread }) = self.accepting.take() else { return };
        locked(&self.connections).closing = true;
        // Wakes the thread in whatever namespace it is; a connection from here might not reach it.
        let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
        let _ = thread.join();
        for (_, stream) in locked(&self.connections).open.drain() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        self.close();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, connections: &Arc<Mutex<Connections>>) {
    for stream in listener.incoming() {
        let mut table = locked(connections);
        if table.closing {
            return;
        }
        let Ok((stream, ours)) = stream.and_then(|stream| Ok((stream.try_clone()?, stream))) else {
            continue;
        };
        table.accepted += 1;
        let number = table.accepted;
        table.open.insert(number, ours);
        let (shared, connections) = (Arc::clone(shared), Arc::clone(connections));
        std::thread::spawn(move || {
            // However it ended, the client has seen it.
            let _ = connection::serve(&shared, stream, number);
            if let Some(stream) = locked(&connections).open.remove(&number) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
    }
}
