//! Any datagram from a gateway: an address only from a whole answer, by PCP only with our nonce.
#![no_main]

use dynhost::address::natpmp::message::{self, Answer};
use dynhost::address::natpmp::pcp;
use libfuzzer_sys::fuzz_target;

const NONCE: pcp::Nonce = *b"dynhost-fuzz";

fuzz_target!(|datagram: &[u8]| {
    match message::read(datagram) {
        Some(Answer::Address(address)) => {
            assert_eq!(datagram.len(), 12);
            assert!(datagram.starts_with(&[0, 128, 0, 0]) && datagram[8..] == address.octets());
        }
        Some(Answer::SpeaksPcp) => assert!(datagram.starts_with(&[2, 128])),
        Some(Answer::No(_)) | None => {}
    }
    if message::is_announcement(datagram) {
        assert!(matches!(datagram.len(), 12 | 24));
    }
    if let Some(Ok(address)) = pcp::read(datagram, NONCE) {
        assert!(datagram.len() >= 60 && datagram[24..36] == NONCE);
        assert_eq!(datagram[56..60], address.octets());
    }
});
