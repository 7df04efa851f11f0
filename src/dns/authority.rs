//! What the servers that hold a zone say of a name, each for itself.
//!
//! A resolver answers from its memory; whether an update has arrived, only these servers know. Who
//! they are is asked of the resolver, and what they hold of themselves, without recursion.

use std::net::IpAddr;

use domain::base::iana::{Class, Rtype};
use domain::base::wire::ParseError;
use domain::base::{Message, ParsedRecord};
use domain::rdata::{A, Aaaa, Cname, Ns};

use super::message::{self, Names};
use super::{Addresses, Answer, Name, Question};

/// Name servers of one zone that are asked; zones have two to eight.
pub const MAX_SERVERS: usize = 8;
/// The name servers of a zone, at most [`MAX_SERVERS`].
pub type Servers = Vec<Name>;

/// Who holds a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delegation {
    /// These, at least one.
    Servers(Servers),
    /// Nobody: the name is none of a zone.
    NoZone,
    /// Another resolver may tell.
    Refusal,
}

/// What one server says of one name and family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// These addresses, at least one, with the shortest of their times to live in seconds.
    Addresses(Addresses, u32),
    /// It is another name.
    Alias(Name),
    /// The name has no such record.
    Nothing,
    /// The name does not exist.
    NoName,
    /// The server does not hold the zone, or will not tell.
    Refusal,
    /// It did not answer in time.
    Silent,
    /// Its own name leads to no address that can be asked.
    Nowhere,
}

/// What one server says, and which one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The server as the zone names it.
    pub server: Name,
    /// Where it was asked.
    pub address: Option<IpAddr>,
    /// What it said.
    pub told: Told,
}

impl Report {
    /// Whether this server holds that address, and no other of its family.
    #[must_use]
    pub fn agrees(&self, address: IpAddr) -> bool {
        matches!(&self.told, Told::Addresses(held, _) if held.as_slice() == [address])
    }

    /// Whether this server holds any address.
    #[must_use]
    pub fn has_address(&self) -> bool {
        matches!(&self.told, Told::Addresses(..))
    }
}

/// What all servers of a zone come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// One has the address: others may lag behind it.
    Agrees,
    /// Those that answer have something else, or nothing.
    Disagrees,
    /// Nobody tells.
    Unknown,
}

/// What all servers of a zone come to, where `address` is wanted.
#[must_use]
pub fn seen(reports: &[Report], address: IpAddr) -> Seen {
    let is_heard =
        |report: &Report| !matches!(report.told, Told::Refusal | Told::Silent | Told::Nowhere);
    // One that has it has heard of the update, and others will.
    match (reports.iter().any(|report| report.agrees(address)), reports.iter().any(is_heard)) {
        (true, _) => Seen::Agrees,
        (false, true) => Seen::Disagrees,
        (false, false) => Seen::Unknown,
    }
}

/// What the server says, in a few words.
impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Addresses(addresses, _) => {
                addresses.iter().enumerate().try_for_each(|(index, address)| {
                    write!(f, "{}{address}", if index == 0 { "has " } else { ", " })
                })
            }
            Self::Alias(name) => write!(f, "has a CNAME to {name}"),
            Self::Nothing | Self::NoName => f.write_str("has no record yet"),
            Self::Refusal => f.write_str("does not hold the zone"),
            Self::Silent => f.write_str("does not answer"),
            Self::Nowhere => f.write_str("has no address itself"),
        }
    }
}

/// What a message of a server that holds the zone says; `None` if it answers another question.
#[must_use]
pub fn judge(question: &Question, message: &[u8]) -> Option<Told> {
    let got = match question.accept(message)? {
        Ok(got) => got,
        Err(Answer::NoName) => return Some(Told::NoName),
        Err(_) => return Some(Told::Refusal),
    };
    // Others say what they remember.
    if !got.header().aa() {
        return Some(Told::Refusal);
    }
    Some(held(got).unwrap_or(Told::Refusal))
}

/// What a resolver says of the servers of a zone; `None` if it answers another question.
#[must_use]
pub fn judge_servers(question: &Question, message: &[u8]) -> Option<Delegation> {
    Some(match question.accept(message)? {
        Ok(got) => servers(got).unwrap_or(Delegation::Refusal),
        Err(Answer::NoName) => Delegation::NoZone,
        Err(_) => Delegation::Refusal,
    })
}

/// The records of the very name that was asked for.
fn own_records<'a>(
    message: &'a Message<[u8]>,
    each: &mut dyn FnMut(&ParsedRecord<'a, [u8]>) -> Result<(), ParseError>,
) -> Result<Rtype, ParseError> {
    let question = message.sole_question()?;
    let (wanted, owner): (_, Names<'_>) = (question.qtype(), question.into_qname());
    for record in message.answer()? {
        let record = record?;
        if record.class() == Class::IN && record.owner() == owner {
            each(&record)?;
        }
    }
    Ok(wanted)
}

fn held(message: &Message<[u8]>) -> Result<Told, ParseError> {
    let (mut addresses, mut ttl, mut alias) = (Addresses::new(), u32::MAX, None);
    let mut take = |record: &ParsedRecord<'_, [u8]>| {
        let address = match record.rtype() {
            Rtype::CNAME => {
                let target = record.to_record::<Cname<_>>()?;
                alias = target.and_then(|target| message::text(target.data().cname()));
                return Ok(());
            }
            Rtype::A => record.to_record::<A>()?.map(|found| IpAddr::V4(found.data().addr())),
            Rtype::AAAA => record.to_record::<Aaaa>()?.map(|found| IpAddr::V6(found.data().addr())),
            _ => None,
        };
        if let Some(address) = address {
            ttl = ttl.min(record.ttl().as_secs());
            // What is beyond the limit is one too many anyway.
            let _ = addresses.push(address);
        }
        Ok(())
    };
    let wanted = own_records(message, &mut take)?;
    addresses.retain(|address| address.is_ipv4() == (wanted == Rtype::A));
    Ok(match (addresses.is_empty(), alias) {
        (false, _) => Told::Addresses(addresses, ttl),
        (true, Some(alias)) => Told::Alias(alias),
        (true, None) => Told::Nothing,
    })
}

fn servers(message: &Message<[u8]>) -> Result<Delegation, ParseError> {
    let mut servers = Servers::new();
    let mut take = |record: &ParsedRecord<'_, [u8]>| {
        let found = record.to_record::<Ns<_>>()?;
        let name = found.and_then(|found| message::text(found.data().nsdname()));
        let is_new = |name: &Name| !servers.iter().any(|known| super::is_same(known, name));
        if let Some(name) = name.filter(is_new).filter(|_| servers.len() < MAX_SERVERS) {
            servers.push(name);
        }
        Ok(())
    };
    own_records(message, &mut take)?;
    Ok(if servers.is_empty() { Delegation::NoZone } else { Delegation::Servers(servers) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Family;
    use crate::dns::Subject;

    const ID: u16 = 0x1234;
    const ASKED: &[u8] = b"\xc0\x0c";
    const AUTHORITATIVE: u16 = 0x8400;

    fn question(subject: Subject) -> Question {
        Question::to_authority("a.lab", subject, ID).unwrap()
    }

    /// An answer to the question with these flags, and records of owner, kind, TTL and data.
    fn answer(question: &Question, flags: u16, records: &[(&[u8], u16, u32, &[u8])]) -> Vec<u8> {
        let count = u16::try_from(records.len()).unwrap();
        let head = [ID, flags, 1, count, 0, 0];
        let mut bytes: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
        bytes.extend(&question.bytes()[12..]);
        for (owner, kind, ttl, data) in records {
            bytes.extend(*owner);
            bytes.extend(kind.to_be_bytes());
            bytes.extend([0, 1]);
            bytes.extend(ttl.to_be_bytes());
            bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(*data);
        }
        bytes
    }

    fn report(told: Told) -> Report {
        Report { server: "ns.lab".try_into().unwrap(), address: None, told }
    }

    #[test]
    fn a_question_to_the_authority_desires_no_recursion() {
        let ns = question(Subject::Servers);
        let expected = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x01a\x03lab\0\0\x02\0\x01";
        assert_eq!(ns.bytes(), expected);
        let resolver = Question::about("a.lab", Subject::Servers, ID).unwrap();
        assert_eq!(resolver.bytes()[2..4], [1, 0]);
    }

    #[test]
    fn each_answer_of_a_server_is_told_apart() {
        let a = question(Subject::Addresses(Family::Ipv4));
        let (ip, six): (&[u8], &[u8]) = (&[81, 2, 70, 1], &[0; 16]);
        let other: &[u8] = b"\x01b\x03lab\0";
        let addresses =
            |ttl| Told::Addresses([IpAddr::from([81, 2, 70, 1])].into_iter().collect(), ttl);
        let rows: [(u16, &[(&[u8], u16, u32, &[u8])], Told); 9] = [
            (AUTHORITATIVE, &[(ASKED, 1, 60, ip)], addresses(60)),
            (AUTHORITATIVE, &[(ASKED, 28, 9, six), (ASKED, 1, 3600, ip)], addresses(9)),
            (
                AUTHORITATIVE,
                &[(ASKED, 5, 60, other), (other, 1, 60, ip)],
                Told::Alias("b.lab".try_into().unwrap()),
            ),
            (AUTHORITATIVE, &[(other, 1, 60, ip)], Told::Nothing),
            (AUTHORITATIVE, &[], Told::Nothing),
            (0x8403, &[], Told::NoName),
            (0x8405, &[], Told::Refusal),
            // A resolver's memory, and a referral.
            (0x8180, &[(ASKED, 1, 60, ip)], Told::Refusal),
            (0x8000, &[], Told::Refusal),
        ];
        for (flags, records, expected) in rows {
            let message = answer(&a, flags, records);
            assert_eq!(judge(&a, &message), Some(expected), "{flags:x} {records:?}");
        }
        let cut = answer(&a, AUTHORITATIVE, &[(ASKED, 1, 60, ip)]);
        for length in 23..cut.len() {
            assert_eq!(judge(&a, &cut[..length]), Some(Told::Refusal), "{length}");
        }
        assert_eq!(judge(&a, &answer(&question(Subject::Servers), AUTHORITATIVE, &[])), None);
        assert_eq!(a.is_cut(&answer(&a, 0x8600, &[])), Some(true));
        assert_eq!(a.is_cut(&answer(&a, AUTHORITATIVE, &[])), Some(false));
    }

    #[test]
    fn name_servers_are_those_of_the_zone_each_once_and_no_more_than_are_asked() {
        let ns = Question::about("a.lab", Subject::Servers, ID).unwrap();
        let (one, same, two): (&[u8], &[u8], &[u8]) =
            (b"\x02n1\x03lab\0", b"\x02N1\x03LAB\0", b"\x02n2\xc0\x0e");
        let other: &[u8] = b"\x01b\x03lab\0";
        let records =
            [(ASKED, 2, 60, one), (ASKED, 2, 60, same), (other, 2, 60, two), (ASKED, 2, 60, two)];
        let names = ["n1.lab", "n2.lab"].map(|name| Name::try_from(name).unwrap());
        let both = Delegation::Servers(names.into_iter().collect());
        let judged = |flags, records: &[(&[u8], u16, u32, &[u8])]| {
            judge_servers(&ns, &answer(&ns, flags, records)).unwrap()
        };
        assert_eq!(judged(0x8180, &records), both);
        assert_eq!(judged(0x8180, &[]), Delegation::NoZone);
        assert_eq!(judged(0x8183, &[]), Delegation::NoZone);
        assert_eq!(judged(0x8182, &[]), Delegation::Refusal);
        assert_eq!(judged(0x8380, &[]), Delegation::Refusal);
        let labels: Vec<Vec<u8>> = (b'a'..=b'z').map(|letter| vec![1, letter, 0]).collect();
        let many: Vec<_> = labels.iter().map(|label| (ASKED, 2, 60, label.as_slice())).collect();
        let Delegation::Servers(found) = judged(0x8180, &many) else { panic!("none") };
        assert_eq!(found.len(), MAX_SERVERS);
    }

    #[test]
    fn the_servers_agree_if_one_has_the_address_and_disagree_if_those_that_tell_have_not() {
        let [one, two] = [1, 2].map(|last| IpAddr::from([81, 2, 70, last]));
        let has = |ip: IpAddr| report(Told::Addresses([ip].into_iter().collect(), 60));
        let alias = || report(Told::Alias("b.lab".try_into().unwrap()));
        let rows = [
            (vec![has(one), has(one)], Seen::Agrees),
            (vec![has(two), has(one)], Seen::Agrees),
            (vec![report(Told::Silent), has(one)], Seen::Agrees),
            (vec![report(Told::NoName), has(one)], Seen::Agrees),
            (vec![has(two), has(two)], Seen::Disagrees),
            (vec![report(Told::Silent), has(two)], Seen::Disagrees),
            (vec![report(Told::Nothing)], Seen::Disagrees),
            (vec![alias(), report(Told::Refusal)], Seen::Disagrees),
            (vec![report(Told::Silent), report(Told::Refusal)], Seen::Unknown),
            (vec![report(Told::Nowhere)], Seen::Unknown),
            (vec![], Seen::Unknown),
        ];
        for (reports, expected) in rows {
            assert_eq!(seen(&reports, one), expected, "{reports:?}");
        }
    }

    #[test]
    fn a_server_agrees_if_it_holds_that_address_alone() {
        let [one, two] = [1, 2].map(|last| IpAddr::from([81, 2, 70, last]));
        let told =
            |addresses: &[IpAddr]| report(Told::Addresses(addresses.iter().copied().collect(), 60));
        assert!(told(&[one]).agrees(one) && !told(&[two]).agrees(one));
        assert!(!told(&[one, two]).agrees(one) && told(&[one, two]).has_address());
        assert!(!report(Told::Silent).agrees(one) && !report(Told::NoName).has_address());
        assert_eq!(told(&[one, two]).told.to_string(), "has 81.2.70.1, 81.2.70.2");
    }
}
