//! Asks a gateway for its external address, by NAT-PMP or PCP.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use socket2::{Domain, Socket, Type};

use super::clock::since_boot;
use super::poll::{input, poll};
use crate::address::NoAnswer;
use crate::address::gateway::{Behind, Gateway, Make};
use crate::address::natpmp::message::{self, Answer, MESSAGE_MAX};
use crate::address::natpmp::pcp;
use crate::address::natpmp::{ABOUT, PORT, Refusal, Why};

/// The question is put again after these times (RFC 6886, section 3.1). One that has an answer
/// gives it at once, so that the rest of the 64 s of the document says nothing more.
const TRIES: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// A gateway that sends more datagrams than this that answer nothing is not waited for.
const MAX_DATAGRAMS: usize = 64;

/// What the gateway has on its line.
///
/// # Errors
/// Why it does not say.
pub(super) fn ask(gateway: &Gateway) -> Result<Behind, NoAnswer> {
    let refused = |why| NoAnswer::Natpmp(Refusal { gateway: gateway.clone(), why });
    let unasked =
        |error: io::Error| NoAnswer::Unasked { source: ABOUT.token, why: error.to_string() };
    let socket = open(gateway).map_err(unasked)?;
    let address = match exchange(&socket, &message::QUESTION, &message::read).map_err(refused)? {
        Answer::Address(address) => address,
        Answer::No(why) => return Err(refused(why)),
        Answer::SpeaksPcp => by_pcp(&socket).map_err(refused)?,
    };
    Ok(Behind { gateway: gateway.address, address, make: Make::Unknown })
}

/// Connected, the socket hears the gateway alone, from the port that was asked; its own port is the
/// kernel's choice, which an answer to an earlier question does not have.
fn open(gateway: &Gateway) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    if let Some(device) = &gateway.bound {
        socket.bind_device(Some(device.as_bytes()))?;
    }
    socket.connect(&SocketAddr::from((gateway.address, PORT)).into())?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// PCP tells its address in the answer to a mapping only, which is given back at once.
fn by_pcp(socket: &UdpSocket) -> Result<Ipv4Addr, Why> {
    let Ok(IpAddr::V4(here)) = socket.local_addr().map(|here| here.ip()) else {
        return Err(Why::Unsupported);
    };
    let mut nonce = pcp::Nonce::default();
    SystemRandom::new().fill(&mut nonce).map_err(|_| Why::Silent)?;
    let request = pcp::map(here, nonce, pcp::LIFETIME);
    let answer = exchange(socket, &request, &|datagram| pcp::read(datagram, nonce))?;
    // If this one gets lost, the mapping ends by itself.
    let _ = socket.send(&pcp::map(here, nonce, 0));
    answer
}

/// Puts a question until it is answered, or nobody is there.
fn exchange<T>(
    socket: &UdpSocket,
    question: &[u8],
    read: &dyn Fn(&[u8]) -> Option<T>,
) -> Result<T, Why> {
    let mut left = MAX_DATAGRAMS;
    for patience in TRIES {
        match socket.send(question) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                return Err(Why::NotThere);
            }
            // A line that is just going down: the next try may find it up again.
            Err(_) | Ok(_) => {}
        }
        let end = since_boot().saturating_add(patience);
        while let Some(wait) = end.checked_sub(since_boot()).filter(|wait| !wait.is_zero()) {
            // A signal ends the wait early, with nothing there.
            let _ = poll(&mut [input(socket)], Some(wait));
            match hear(socket, read) {
                Heard::Answer(answer) => return Ok(answer),
                Heard::NotThere => return Err(Why::NotThere),
                Heard::Nothing => {}
                Heard::Other => left -= 1,
            }
            if left == 0 {
                return Err(Why::Malformed);
            }
        }
    }
    Err(if left < MAX_DATAGRAMS { Why::Malformed } else { Why::Silent })
}

enum Heard<T> {
    Answer(T),
    Nothing,
    Other,
    NotThere,
}

fn hear<T>(socket: &UdpSocket, read: &dyn Fn(&[u8]) -> Option<T>) -> Heard<T> {
    // A longer one is cut off, and has none of the sizes that count.
    let mut datagram = [0; MESSAGE_MAX + 1];
    match socket.recv(&mut datagram) {
        Ok(length) => {
            let datagram = datagram.get(..length).unwrap_or_default();
            read(datagram).map_or(Heard::Other, Heard::Answer)
        }
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Heard::NotThere,
        Err(_) => Heard::Nothing,
    }
}
