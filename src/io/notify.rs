//! Tells systemd what the service is doing (`sd_notify(3)`): one datagram, no library.

use std::env;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use super::clock;

/// The service is up.
pub fn ready() {
    send("READY=1\n");
}

/// The service reads its configuration again; [`ready`] follows.
pub fn reloading() {
    let now = clock::monotonic().as_micros();
    send(&format!("RELOADING=1\nMONOTONIC_USEC={now}\n"));
}

/// The service ends.
pub fn stopping() {
    send("STOPPING=1\n");
}

/// Without systemd, or if it does not listen, nothing is lost.
fn send(message: &str) {
    let Ok(path) = env::var("NOTIFY_SOCKET") else { return };
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&path),
    };
    if let (Ok(address), Ok(socket)) = (address, UnixDatagram::unbound()) {
        let _ = socket.send_to_addr(message.as_bytes(), &address);
    }
}
