//! NAT-PMP's question for the external address, its answer, and what is announced.

use std::net::Ipv4Addr;

use super::{Why, pcp};

/// Version 0, opcode 0: which external address?
pub const QUESTION: [u8; 2] = [0, 0];
/// No message that counts is longer; the rest of one that is does not matter.
pub const MESSAGE_MAX: usize = 128;
/// An answer has exactly this size.
const ANSWER: usize = 12;
/// Set in the opcode of an answer.
const RESPONSE: u8 = 0x80;

/// What a datagram from the gateway says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its external address.
    Address(Ipv4Addr),
    /// It speaks PCP only.
    SpeaksPcp,
    /// There is none.
    No(Why),
}

/// Reads what came back; `None` if it answers nothing that was asked.
#[must_use]
pub fn read(datagram: &[u8]) -> Option<Answer> {
    if let [pcp::VERSION, opcode, rest @ ..] = datagram {
        // The opcode is that of the question: 0, with the bit of an answer.
        let is_refusal = *opcode == RESPONSE && rest.get(1) == Some(&pcp::UNSUPPORTED_VERSION);
        return is_refusal.then_some(Answer::SpeaksPcp);
    }
    let header: [u8; 4] = *datagram.first_chunk()?;
    let [0, RESPONSE, r0, r1] = header else { return None };
    match u16::from_be_bytes([r0, r1]) {
        0 => address(datagram).map(Answer::Address),
        // An error may be cut off behind its code.
        2 => Some(Answer::No(Why::NotAuthorized)),
        3 => Some(Answer::No(Why::NoAddress)),
        1 | 5 => Some(Answer::No(Why::Unsupported)),
        4 => Some(Answer::No(Why::Unable(4))),
        _ => None,
    }
}

/// Whether the gateway announces that its address may have changed. A NAT-PMP announcement has an
/// address in it and PCP's has none: neither is believed, both mean "ask now". A gateway that was
/// restarted announces that as well (its seconds since epoch run backwards), with nothing else new.
#[must_use]
pub fn is_announcement(datagram: &[u8]) -> bool {
    let is_natpmp = matches!(read(datagram), Some(Answer::Address(_) | Answer::No(_)))
        && datagram.len() == ANSWER;
    is_natpmp || pcp::is_announcement(datagram)
}

fn address(datagram: &[u8]) -> Option<Ipv4Addr> {
    let whole: [u8; ANSWER] = datagram.try_into().ok()?;
    let [.., a, b, c, d] = whole;
    Some(Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [u8; 12] = [0, 128, 0, 0, 0, 0, 1, 0, 81, 2, 69, 10];

    #[test]
    fn an_answer_is_twelve_bytes_of_version_0() {
        assert_eq!(read(&GOOD), Some(Answer::Address(Ipv4Addr::new(81, 2, 69, 10))));
        for length in 0..GOOD.len() {
            assert_eq!(read(&GOOD[..length]), None, "{length} bytes");
        }
        let mut wrong = vec![[&GOOD[..], &[0]].concat()];
        for (place, value) in [(0, 1), (0, 2), (1, 0), (1, 129), (2, 1), (3, 9)] {
            let mut other = GOOD.to_vec();
            other[place] = value;
            wrong.push(other);
        }
        for wrong in wrong {
            assert_eq!(read(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn errors_have_a_meaning_also_when_they_are_short() {
        for (code, why) in [
            (2, Why::NotAuthorized),
            (3, Why::NoAddress),
            (1, Why::Unsupported),
            (5, Why::Unsupported),
            (4, Why::Unable(4)),
        ] {
            let mut answer = GOOD;
            answer[3] = code;
            assert_eq!(read(&answer), Some(Answer::No(why)));
            assert_eq!(read(&answer[..8]), Some(Answer::No(why)));
        }
    }

    #[test]
    fn a_gateway_of_pcp_says_that_it_does_not_know_version_0() {
        let refusal = [2, 128, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0];
        assert_eq!(read(&refusal), Some(Answer::SpeaksPcp));
        assert_eq!(read(&refusal[..4]), Some(Answer::SpeaksPcp));
        for other in [[2, 128, 0, 2], [2, 129, 0, 1], [2, 0, 0, 1], [3, 128, 0, 1]] {
            assert_eq!(read(&other), None, "{other:?}");
        }
    }

    #[test]
    fn announcements_of_both_kinds_are_heard_and_nothing_else() {
        let mut pcp = [0; 24];
        pcp[..2].copy_from_slice(&[2, 128]);
        assert!(is_announcement(&GOOD) && is_announcement(&pcp));
        let mut down = GOOD;
        down[3] = 3;
        assert!(is_announcement(&down));
        let mut question = pcp;
        question[1] = 0;
        for other in [&GOOD[..11], &pcp[..23], &question, &[], &[0, 0], &[2; 24], &[0; 12]] {
            assert!(!is_announcement(other), "{other:?}");
        }
    }
}
