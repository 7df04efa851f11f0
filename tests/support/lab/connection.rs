//! One connection of a client: TLS, then one request after another.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Instant, SystemTime};

use rustls::{ServerConnection, StreamOwned};

use super::certificates::Wrong;
use super::delivery::{Delivery, deliver};
use super::fault::Fault;
use super::journal::Logged;
use super::request::Request;
use super::shared::{Shared, locked};

type Stream = StreamOwned<ServerConnection, TcpStream>;

/// Serves a client until one side closes; an error is the client's way to go.
pub fn serve(shared: &Shared, mut tcp: TcpStream, number: usize) -> io::Result<()> {
    let fault = locked(&shared.faults).next_for_connection();
    let wrong = match fault {
        Some(Fault::HangAccept) => return wait_for_close(&mut tcp),
        Some(Fault::LateAccept(time)) => {
            std::thread::sleep(time);
            None
        }
        Some(Fault::CloseAccept) => return Ok(()),
        Some(Fault::PlainHttp) => {
            tcp.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nTLS expected")?;
            return wait_for_close(&mut tcp);
        }
        Some(Fault::Certificate(wrong)) => Some(wrong),
        _ => None,
    };
    // The reply is one small write; without this it could wait for the client's next ACK.
    tcp.set_nodelay(true)?;
    let mut stream = handshake(shared, tcp, wrong)?;
    let mut unread = Vec::new();
    while let Some(request) = Request::read(&mut stream, &mut unread)? {
        let delivery = answer(shared, &stream, &request, number);
        if !send(&mut stream, delivery, request.keeps_alive())? {
            break;
        }
    }
    Ok(())
}

fn handshake(shared: &Shared, mut tcp: TcpStream, wrong: Option<Wrong>) -> io::Result<Stream> {
    let config = shared.certificates.config(wrong);
    let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp)?;
    }
    Ok(StreamOwned::new(tls, tcp))
}

/// Decides on the reply and logs both.
fn answer(shared: &Shared, stream: &Stream, request: &Request, connection: usize) -> Delivery {
    let (at, instant) = (SystemTime::now(), Instant::now());
    let login = request.credentials().map(|(login, _)| login);
    let fault = locked(&shared.faults).next_for_request(login.as_deref());
    let delivery = deliver(fault, request, shared);
    let version = stream.conn.protocol_version();
    shared.journal.add(Logged {
        at,
        instant,
        request: request.clone(),
        login,
        tls_version: version.map_or_else(String::new, |version| format!("{version:?}")),
        connection,
        reply: delivery.summary(),
    });
    delivery
}

/// Whether the connection can go on after it.
fn send(stream: &mut Stream, delivery: Delivery, keeps_alive: bool) -> io::Result<bool> {
    let mut unasked = None;
    let reply = match delivery {
        Delivery::Whole(reply) => reply,
        Delivery::Twice(reply, other) => {
            unasked = Some(other);
            reply
        }
        Delivery::Late(delay, reply) => {
            std::thread::sleep(delay);
            reply
        }
        Delivery::Torn(bytes) => {
            stream.write_all(bytes)?;
            stream.flush()?;
            return wait_for_close(stream).map(|()| false);
        }
        Delivery::Drip(bytes, pause) => {
            stream.write_all(bytes)?;
            loop {
                stream.flush()?;
                std::thread::sleep(pause);
                stream.write_all(b"x")?;
            }
        }
        Delivery::Raw(bytes) => {
            stream.write_all(&bytes)?;
            stream.conn.send_close_notify();
            return stream.flush().map(|()| false);
        }
        Delivery::Never => return wait_for_close(stream).map(|()| false),
        Delivery::Cut => return Ok(false),
    };
    let keeps_alive = keeps_alive && !reply.ends_connection();
    let replies = std::iter::once(reply).chain(unasked);
    let bytes: Vec<u8> = replies.flat_map(|reply| reply.bytes(keeps_alive)).collect();
    stream.write_all(&bytes)?;
    if !keeps_alive {
        // Without it the client must take an end of stream for a truncation (RFC 8446, 6.1).
        stream.conn.send_close_notify();
    }
    stream.flush()?;
    Ok(keeps_alive)
}

/// Reads and ignores until the client, or the lab's end, closes the connection.
fn wait_for_close(stream: &mut impl Read) -> io::Result<()> {
    io::copy(stream, &mut io::sink()).map(|_| ())
}
