//! Puts one question to one server.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use socket2::Type;

use super::super::cancel::Cancel;
use super::super::clock::since_boot;
use super::super::poll::{input, poll};
use super::super::tcp::Connection;
use super::socket::bound;
use super::{FIRST_TRY, OVER_TCP, STRAY_MAX};
use crate::address::DeviceName;
use crate::dns::{MESSAGE_MAX, QUESTION_MAX, Question};

/// Datagrams that a server gets before it counts as silent.
const DATAGRAMS: usize = 2;

/// Where a question goes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Way<'a> {
    pub(in super::super) server: SocketAddr,
    /// The device it leaves by, if it must.
    pub(in super::super) device: Option<&'a DeviceName>,
    /// No datagram is tried before.
    pub(in super::super) over_tcp: bool,
    /// Ends an exchange over TCP before its time.
    pub(in super::super) cancel: Option<&'a Cancel>,
}

/// Puts one question to one server, twice by datagram, and over TCP if the answer does not fit.
///
/// The message answers the question; `None` if nothing came by `end`.
pub(in super::super) fn exchange(
    way: &Way<'_>,
    question: &Question,
    end: Duration,
) -> Option<Vec<u8>> {
    let mut buffer = vec![0; MESSAGE_MAX];
    if way.over_tcp {
        let length = tcp(way, question, end, &mut buffer)?;
        buffer.truncate(length);
        return question.is_cut(&buffer).map(|_| buffer);
    }
    for _ in 0..DATAGRAMS {
        let try_end = since_boot().saturating_add(FIRST_TRY).min(end);
        let Some((length, is_cut)) = datagram(way, question, try_end, &mut buffer) else {
            continue;
        };
        let over_tcp = is_cut.then(|| {
            let end = since_boot().saturating_add(OVER_TCP).min(end);
            tcp(way, question, end, &mut buffer)
        });
        buffer.truncate(over_tcp.flatten().unwrap_or(length));
        return Some(buffer);
    }
    None
}

/// The length of the answer in `buffer`, and whether it is cut.
fn datagram(
    way: &Way<'_>,
    question: &Question,
    end: Duration,
    buffer: &mut [u8],
) -> Option<(usize, bool)> {
    let socket = bound(way.server, Type::DGRAM, way.device).ok()?;
    socket.connect(&way.server.into()).ok()?;
    socket.send(question.bytes()).ok()?;
    let mut stray = 0;
    loop {
        let left = end.saturating_sub(since_boot());
        // What came while this process could not run is heard all the same.
        let is_there = poll(&mut [input(&socket)], Some(left)).is_ok_and(|ready| ready > 0);
        if left.is_zero() && !is_there || stray == STRAY_MAX {
            return None;
        }
        let length = match recv(&socket, &mut *buffer, RecvFlags::DONTWAIT) {
            Ok((length, _)) => length,
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
        };
        if let Some(is_cut) = question.is_cut(buffer.get(..length)?) {
            return Some((length, is_cut));
        }
        stray += 1;
    }
}

/// The length of the answer over TCP, which is in `buffer`.
pub(super) fn tcp(
    way: &Way<'_>,
    question: &Question,
    end: Duration,
    buffer: &mut [u8],
) -> Option<usize> {
    let socket = bound(way.server, Type::STREAM, way.device).ok()?;
    let left = end.saturating_sub(since_boot());
    let cancel = way.cancel.cloned().unwrap_or_default();
    let mut connection = Connection::open(socket, way.server, left, cancel).ok()?;
    let mut message = heapless::Vec::<u8, { QUESTION_MAX + 2 }>::new();
    let length = u16::try_from(question.bytes().len()).ok()?;
    message.extend_from_slice(&length.to_be_bytes()).ok()?;
    message.extend_from_slice(question.bytes()).ok()?;
    connection.write_all(&message).ok()?;
    let mut length = [0; 2];
    connection.read_exact(&mut length).ok()?;
    // The first addresses of an endless answer do as well.
    let length = usize::from(u16::from_be_bytes(length)).min(MESSAGE_MAX);
    connection.read_exact(buffer.get_mut(..length)?).ok()?;
    Some(length)
}
