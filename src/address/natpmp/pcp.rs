//! PCP's MAP, which is the one message that tells the external address, and ANNOUNCE.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Why;

/// What a request is known by again.
pub type Nonce = [u8; 12];

pub(super) const VERSION: u8 = 2;
pub(super) const UNSUPPORTED_VERSION: u8 = 1;
const RESPONSE: u8 = 0x80;
const ANNOUNCE: u8 = 0;
const MAP: u8 = 1;
/// Header and the part of MAP.
const MAP_SIZE: usize = 60;
const HEADER: usize = 24;
/// How long the mapping lasts that nobody needs, in seconds.
pub const LIFETIME: u32 = 30;
const UDP: u8 = 17;
/// Discard (RFC 863): whatever comes in by the mapping ends there.
const INTERNAL_PORT: u16 = 9;

/// Asks for a mapping of the discard port to this machine, or with a lifetime of 0 deletes it.
#[must_use]
pub fn map(here: Ipv4Addr, nonce: Nonce, lifetime: u32) -> [u8; MAP_SIZE] {
    let mut message = [0; MAP_SIZE];
    let mut rest = &mut message[..];
    let mut put = |bytes: &[u8]| {
        let (head, tail) = std::mem::take(&mut rest).split_at_mut(bytes.len());
        head.copy_from_slice(bytes);
        rest = tail;
    };
    put(&[VERSION, MAP, 0, 0]);
    put(&lifetime.to_be_bytes());
    put(&here.to_ipv6_mapped().octets());
    put(&nonce);
    put(&[UDP, 0, 0, 0]);
    put(&INTERNAL_PORT.to_be_bytes());
    // No external port is preferred, and any address of IPv4.
    put(&[0, 0]);
    put(&Ipv4Addr::UNSPECIFIED.to_ipv6_mapped().octets());
    message
}

/// What the gateway says to [`map`]; `None` if it answers something else, or somebody else.
#[must_use]
pub fn read(datagram: &[u8], nonce: Nonce) -> Option<Result<Ipv4Addr, Why>> {
    let [version, opcode, _, result] = *datagram.first_chunk()?;
    if (version, opcode) != (VERSION, RESPONSE | MAP) {
        return None;
    }
    match result {
        0 => mapped(datagram, nonce).map(Ok),
        // Some cut an error off behind the header, some send back what they were sent.
        2 => Some(Err(Why::NotAuthorized)),
        1 | 4 | 9 => Some(Err(Why::Unsupported)),
        7 => Some(Err(Why::NoAddress)),
        code => Some(Err(Why::Unable(code))),
    }
}

pub(super) fn is_announcement(datagram: &[u8]) -> bool {
    datagram.len() == HEADER
        && datagram.starts_with(&[VERSION, RESPONSE | ANNOUNCE])
        && datagram.get(3) == Some(&0)
}

fn mapped(datagram: &[u8], nonce: Nonce) -> Option<Ipv4Addr> {
    // Options may follow.
    let message: [u8; MAP_SIZE] = *datagram.first_chunk()?;
    let is_ours = message[HEADER..].starts_with(&nonce);
    let is_same = message[36] == UDP && message[40..42] == INTERNAL_PORT.to_be_bytes();
    let address: [u8; 16] = *message.last_chunk()?;
    let address = Ipv6Addr::from(address).to_ipv4_mapped();
    address.filter(|_| is_ours && is_same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: Nonce = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

    fn answer(address: &str) -> Vec<u8> {
        let mut answer = map(Ipv4Addr::new(192, 168, 7, 2), NONCE, LIFETIME).to_vec();
        answer[1] |= RESPONSE;
        let address: Ipv4Addr = address.parse().unwrap();
        answer[44..].copy_from_slice(&address.to_ipv6_mapped().octets());
        answer
    }

    #[test]
    fn a_request_has_every_field_at_its_place() {
        let request = map(Ipv4Addr::new(192, 168, 7, 2), NONCE, 30);
        assert_eq!(request[..8], [2, 1, 0, 0, 0, 0, 0, 30]);
        assert_eq!(request[8..24], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 168, 7, 2]);
        assert_eq!(request[24..36], NONCE);
        assert_eq!(request[36..44], [17, 0, 0, 0, 0, 9, 0, 0]);
        assert_eq!(request[44..], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0]);
    }

    #[test]
    fn the_answer_with_our_nonce_has_the_address() {
        let good = answer("81.2.69.10");
        assert_eq!(read(&good, NONCE), Some(Ok(Ipv4Addr::new(81, 2, 69, 10))));
        let with_options = [&good[..], &[0; 8]].concat();
        assert_eq!(read(&with_options, NONCE), Some(Ok(Ipv4Addr::new(81, 2, 69, 10))));
        for length in 0..good.len() {
            assert_eq!(read(&good[..length], NONCE), None, "{length} bytes");
        }
        // Version, opcode, nonce, protocol, port, an address that is none of IPv4.
        for place in [0, 1, 24, 35, 36, 41, 44, 54] {
            let mut wrong = good.clone();
            wrong[place] ^= 1;
            assert_eq!(read(&wrong, NONCE), None, "byte {place}");
        }
        let mut question = good.clone();
        question[1] = MAP;
        assert_eq!(read(&question, NONCE), None);
    }

    #[test]
    fn errors_may_be_short() {
        for (code, why) in [
            (2, Why::NotAuthorized),
            (4, Why::Unsupported),
            (7, Why::NoAddress),
            (8, Why::Unable(8)),
            (12, Why::Unable(12)),
        ] {
            let short = [2, 129, 0, code, 0, 0, 0, 0, 0, 0, 0, 0];
            assert_eq!(read(&short, NONCE), Some(Err(why)));
        }
    }
}
