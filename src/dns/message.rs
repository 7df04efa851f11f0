//! A question to a name server, and what its answer says (RFC 1035, section 4).

use std::net::IpAddr;

use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::name::ToLabelIter;
use domain::base::wire::ParseError;
use domain::base::{Message, ParsedName};
use domain::rdata::{A, Aaaa, Cname};

use super::{Addresses, NAME_MAX, Name};
use crate::address::Family;

/// Bytes of a question: head, the longest name, type and class.
pub const QUESTION_MAX: usize = 12 + NAME_MAX + 2 + 4;
/// Bytes of an answer that are looked at; what is longer has more than anybody needs.
pub const MESSAGE_MAX: usize = 8192;

/// Names that an answer may lead through; each costs a walk over its records.
const MAX_ALIASES: usize = 8;
/// One question and no records, behind the flags.
const COUNTS: [u8; 8] = [0, 1, 0, 0, 0, 0, 0, 0];
/// Another server is to do the looking up.
const RECURSION_DESIRED: [u8; 2] = [1, 0];
/// The server is to tell what it has itself.
const NO_RECURSION: [u8; 2] = [0, 0];
/// The class of the internet.
const IN: [u8; 2] = [0, 1];

pub(super) type Names<'a> = ParsedName<&'a [u8]>;

/// What is asked about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Its addresses of one family.
    Addresses(Family),
    /// The name servers of the zone that it is.
    Servers,
}

/// One question, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    bytes: heapless::Vec<u8, QUESTION_MAX>,
}

/// What an answer says about the name that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its addresses, at least one.
    Addresses(Addresses),
    /// It is another name, and nothing is said about that one.
    Alias(Name),
    /// It has no address of this family.
    NoAddress,
    /// It does not exist.
    NoName,
    /// The server will not or cannot tell; another one may.
    Refusal,
    /// The whole answer is to be had over TCP.
    Truncated,
}

impl Question {
    /// Asks for the addresses of an absolute name; `None` if it cannot be one of a host.
    #[must_use]
    pub fn new(name: &str, family: Family, id: u16) -> Option<Self> {
        Self::of(name, Subject::Addresses(family), RECURSION_DESIRED, id)
    }

    /// The same about anything, of a server that does the looking up.
    #[must_use]
    pub fn about(name: &str, subject: Subject, id: u16) -> Option<Self> {
        Self::of(name, subject, RECURSION_DESIRED, id)
    }

    /// The same of a server that holds the zone itself.
    #[must_use]
    pub fn to_authority(name: &str, subject: Subject, id: u16) -> Option<Self> {
        Self::of(name, subject, NO_RECURSION, id)
    }

    fn of(name: &str, subject: Subject, flags: [u8; 2], id: u16) -> Option<Self> {
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.len() > NAME_MAX {
            return None;
        }
        let mut bytes = heapless::Vec::from_array(id.to_be_bytes());
        bytes.extend_from_slice(&flags).ok()?;
        bytes.extend_from_slice(&COUNTS).ok()?;
        for label in name.split('.').map(str::as_bytes) {
            if !is_label(label) {
                return None;
            }
            bytes.push(u8::try_from(label.len()).ok()?).ok()?;
            bytes.extend_from_slice(label).ok()?;
        }
        bytes.push(0).ok()?;
        bytes.extend_from_slice(&rtype(subject).to_int().to_be_bytes()).ok()?;
        bytes.extend_from_slice(&IN).ok()?;
        Some(Self { bytes })
    }

    /// What is sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What a message says; `None` if it is no answer to this question.
    #[must_use]
    pub fn judge(&self, message: &[u8]) -> Option<Answer> {
        let got = match self.accept(message)? {
            Ok(got) => got,
            Err(excuse) => return Some(excuse),
        };
        let head = got.header();
        // Nothing known, nobody asked: it only points at other servers.
        if got.header_counts().ancount() == 0 && !head.aa() && !head.ra() {
            return Some(Answer::Refusal);
        }
        Some(read(got).unwrap_or(Answer::Refusal))
    }

    /// Whether a message answers this question, and if so, whether all of it is to be had over TCP.
    #[must_use]
    pub fn is_cut(&self, message: &[u8]) -> Option<bool> {
        self.accept(message).map(|accepted| matches!(accepted, Err(Answer::Truncated)))
    }

    /// The message if it answers this question and has something to say, else why it has not.
    pub(super) fn accept<'m>(
        &self,
        message: &'m [u8],
    ) -> Option<Result<&'m Message<[u8]>, Answer>> {
        let sent = Message::from_slice(&self.bytes).ok()?;
        let got = Message::from_slice(message.get(..MESSAGE_MAX).unwrap_or(message)).ok()?;
        let (head, counts) = (got.header(), got.header_counts());
        if !head.qr() || head.id() != sent.header().id() || head.opcode() != Opcode::QUERY {
            return None;
        }
        let is_told = matches!(head.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN);
        // Some leave out the question that they refuse.
        if !is_told && counts.qdcount() == 0 {
            return Some(Err(Answer::Refusal));
        }
        if !got.is_answer(sent) {
            return None;
        }
        Some(match head.rcode() {
            _ if !is_told => Err(Answer::Refusal),
            _ if head.tc() => Err(Answer::Truncated),
            Rcode::NXDOMAIN => Err(Answer::NoName),
            _ => Ok(got),
        })
    }
}

/// Follows the names from the one that was asked for to addresses.
fn read(message: &Message<[u8]>) -> Result<Answer, ParseError> {
    let question = message.sole_question()?;
    let mut owner = question.into_qname();
    for hop in 0..=MAX_ALIASES {
        let (addresses, next) = records_of(message, &owner, question.qtype())?;
        match next {
            _ if !addresses.is_empty() => return Ok(Answer::Addresses(addresses)),
            Some(next) => owner = next,
            None if hop > 0 => return Ok(text(&owner).map_or(Answer::NoAddress, Answer::Alias)),
            None => return Ok(Answer::NoAddress),
        }
    }
    // A circle, or as good as one.
    Ok(Answer::NoAddress)
}

/// The addresses of `owner`, and the name that it is another one of.
fn records_of<'a>(
    message: &'a Message<[u8]>,
    owner: &Names<'a>,
    qtype: Rtype,
) -> Result<(Addresses, Option<Names<'a>>), ParseError> {
    let (mut addresses, mut next) = (Addresses::new(), None);
    for record in message.answer()? {
        let record = record?;
        if record.class() != Class::IN || record.owner() != *owner {
            continue;
        }
        let address = match record.rtype() {
            Rtype::CNAME => {
                next =
                    record.to_record::<Cname<_>>()?.map(|record| record.into_data().into_cname());
                continue;
            }
            other if other != qtype => continue,
            Rtype::A => record.to_record::<A>()?.map(|record| IpAddr::V4(record.data().addr())),
            _ => record.to_record::<Aaaa>()?.map(|record| IpAddr::V6(record.data().addr())),
        };
        if address.is_some_and(|address| addresses.push(address).is_err()) {
            break;
        }
    }
    Ok((addresses, next))
}

/// The name if it can be one of a host.
pub(super) fn text(name: &Names<'_>) -> Option<Name> {
    let mut text = Name::new();
    for label in name.iter_labels().filter(|label| !label.is_root()) {
        let label = Some(label.as_slice()).filter(|label| is_label(label))?;
        if !text.is_empty() {
            text.push('.').ok()?;
        }
        text.push_str(std::str::from_utf8(label).ok()?).ok()?;
    }
    Some(text).filter(|text| !text.is_empty())
}

/// A label of a host's name, as strict as the agent needs it.
fn is_label(label: &[u8]) -> bool {
    let is_fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    (1..=63).contains(&label.len()) && label.iter().all(is_fine)
}

fn rtype(subject: Subject) -> Rtype {
    match subject {
        Subject::Addresses(Family::Ipv4) => Rtype::A,
        Subject::Addresses(Family::Ipv6) => Rtype::AAAA,
        Subject::Servers => Rtype::NS,
    }
}

#[cfg(test)]
mod tests {
    use super::super::MAX_ADDRESSES;
    use super::*;

    const ID: u16 = 0x1234;
    /// An answer to a question that desired recursion, by a server that has it.
    const GOOD: u16 = 0x8180;
    /// The name that is asked for stands here in the message.
    const ASKED: &[u8] = b"\xc0\x0c";

    fn question() -> Question {
        Question::new("a.lab", Family::Ipv4, ID).unwrap()
    }

    fn message(id: u16, flags: u16, records: &[Vec<u8>]) -> Vec<u8> {
        let count = u16::try_from(records.len()).unwrap();
        let head = [id, flags, 1, count, 0, 0];
        let mut bytes: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
        bytes.extend(b"\x01A\x03LAB\x00\x00\x01\x00\x01");
        bytes.extend(records.concat());
        bytes
    }

    fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
        let middle = [kind, 1, 0, 60, u16::try_from(data.len()).unwrap()];
        let middle: Vec<u8> = middle.iter().flat_map(|word| word.to_be_bytes()).collect();
        [owner, &middle, data].concat()
    }

    fn ip(owner: &[u8], last: u8) -> Vec<u8> {
        record(owner, 1, &[81, 2, 70, last])
    }

    fn alias(owner: &[u8], target: &[u8]) -> Vec<u8> {
        record(owner, 5, target)
    }

    fn judged(records: &[Vec<u8>]) -> Answer {
        question().judge(&message(ID, GOOD, records)).expect("it answers the question")
    }

    fn addresses(last: &[u8]) -> Answer {
        Answer::Addresses(last.iter().map(|last| IpAddr::from([81, 2, 70, *last])).collect())
    }

    #[test]
    fn a_question_is_the_one_of_rfc_1035() {
        let expected =
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x03lab\x00\x00\x01\x00\x01";
        assert_eq!(question().bytes(), expected);
        let aaaa = Question::new("a.lab.", Family::Ipv6, ID).unwrap();
        assert_eq!(aaaa.bytes()[12..], *b"\x01a\x03lab\x00\x00\x1c\x00\x01");
    }

    #[test]
    fn what_cannot_be_a_hosts_name_is_not_asked_for() {
        let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
        assert_eq!(longest.len(), NAME_MAX);
        assert_eq!(Question::new(&longest, Family::Ipv4, ID).unwrap().bytes().len(), QUESTION_MAX);
        let label = "a".repeat(64);
        let longer = format!("{longest}b");
        for name in ["", ".", "a..b", ".a", "a b", "a\0b", "é.lab", "a/b", &label, &longer] {
            assert_eq!(Question::new(name, Family::Ipv4, ID), None, "{name}");
        }
    }

    #[test]
    fn another_message_is_no_answer() {
        let good = message(ID, GOOD, &[ip(ASKED, 1)]);
        assert_eq!(question().judge(&good), Some(addresses(&[1])));
        let changed = |at: usize, byte: u8| {
            let mut message = good.clone();
            message[at] ^= byte;
            message
        };
        let rows = [
            ("the id", changed(1, 1)),
            ("a question", changed(2, 0x80)),
            ("a notification", changed(2, 0x20)),
            ("two questions", changed(5, 3)),
            ("no question", changed(5, 1)),
            ("the name", changed(13, 1)),
            ("the type", changed(19, 29)),
            ("the class", changed(21, 2)),
            ("nothing", vec![]),
            ("half a head", good[..11].to_vec()),
            ("the head alone", good[..12].to_vec()),
        ];
        for (what, message) in rows {
            assert_eq!(question().judge(&message), None, "{what}");
        }
    }

    #[test]
    fn a_servers_excuses_are_told_apart() {
        let rows = [
            (0x8180, Answer::NoAddress),
            (0x8580, Answer::NoAddress),
            (0x8183, Answer::NoName),
            (0x8182, Answer::Refusal),
            (0x8185, Answer::Refusal),
            (0x8181, Answer::Refusal),
            (0x8184, Answer::Refusal),
            (0x8380, Answer::Truncated),
            // A referral, by a server that does not look names up.
            (0x8100, Answer::Refusal),
        ];
        for (flags, expected) in rows {
            assert_eq!(question().judge(&message(ID, flags, &[])), Some(expected), "{flags:x}");
        }
        let without_question = b"\x12\x34\x81\x85\x00\x00\x00\x00\x00\x00\x00\x00";
        assert_eq!(question().judge(without_question), Some(Answer::Refusal));
    }

    #[test]
    fn only_addresses_of_the_chain_that_was_asked_for_count() {
        let (b, c) = (b"\x01b\x03lab\x00", b"\x01c\x03lab\x00");
        let rows = [
            (vec![ip(b, 9)], Answer::NoAddress),
            (vec![ip(b"\x01a\x03LaB\x00", 1), ip(ASKED, 2)], addresses(&[1, 2])),
            (vec![ip(c, 1), alias(b, c), ip(b"\x00", 9), alias(ASKED, b)], addresses(&[1])),
            (vec![alias(ASKED, b), ip(c, 9)], Answer::Alias("b.lab".try_into().unwrap())),
            (vec![alias(ASKED, b), alias(b, c)], Answer::Alias("c.lab".try_into().unwrap())),
            // Not what a host may be called.
            (vec![alias(ASKED, b"\x02b \x03lab\x00")], Answer::NoAddress),
            (vec![alias(ASKED, b"\x00")], Answer::NoAddress),
            // Another family, another class, other kinds of record.
            (vec![record(ASKED, 28, &[0; 16]), record(ASKED, 16, b"\x01x")], Answer::NoAddress),
            (
                vec![[ASKED, b"\x00\x01\x00\x03\x00\x00\x00\x3c\x00\x04aaaa"].concat()],
                Answer::NoAddress,
            ),
        ];
        for (records, expected) in rows {
            assert_eq!(judged(&records), expected, "{records:?}");
        }
    }

    #[test]
    fn circles_come_to_an_end() {
        let b = b"\x01b\x03lab\x00";
        assert_eq!(judged(&[alias(ASKED, ASKED)]), Answer::NoAddress);
        assert_eq!(judged(&[alias(ASKED, b), alias(b, ASKED)]), Answer::NoAddress);
        // Pointers that point at themselves, ahead, at each other, and out of the message.
        for owner in [b"\xc0\x17", b"\xc0\x20", b"\xc0\x16", b"\xff\xff"] {
            assert_eq!(judged(&[ip(owner, 1)]), Answer::Refusal, "{owner:x?}");
        }
    }

    #[test]
    fn what_is_cut_short_is_a_refusal() {
        let whole =
            message(ID, GOOD, &[alias(ASKED, b"\x01b\xc0\x0e"), ip(b"\x01b\x03lab\x00", 1)]);
        assert_eq!(question().judge(&whole), Some(addresses(&[1])));
        for length in 23..whole.len() {
            assert_eq!(question().judge(&whole[..length]), Some(Answer::Refusal), "{length}");
        }
        assert_eq!(judged(&[record(ASKED, 1, &[1, 2, 3])]), Answer::Refusal);
    }

    #[test]
    fn an_endless_answer_is_read_up_to_what_is_kept() {
        let records = vec![ip(ASKED, 1); 4000];
        assert_eq!(judged(&records), addresses(&[1; MAX_ADDRESSES]));
    }
}
