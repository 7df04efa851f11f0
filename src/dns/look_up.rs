//! The two questions about one name, and what all answers together come to.

use super::message::Answer;
use super::{Addresses, Name};
use crate::address::Family;

/// What is known so far of the addresses of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookUp {
    ipv4: Option<Answer>,
    ipv6: Option<Answer>,
    refused: bool,
}

/// What came of a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At least one address.
    Found(Addresses),
    /// Nothing but that it is another name, which has not been asked for.
    Alias(Name),
    /// A server says that there is no such name, or that it has no address.
    NoSuchName,
    /// Some server answered, and none answered the question.
    Refused,
    /// No server answered.
    Silent,
}

impl LookUp {
    /// Whether a question is still to be answered.
    #[must_use]
    pub fn is_open(&self, family: Family) -> bool {
        match family {
            Family::Ipv4 => self.ipv4.is_none(),
            Family::Ipv6 => self.ipv6.is_none(),
        }
    }

    /// Whether both questions are answered.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.is_open(Family::Ipv4) && !self.is_open(Family::Ipv6)
    }

    /// Whether there is an address already, so that the other answer is only waited for briefly.
    #[must_use]
    pub fn has_address(&self) -> bool {
        [&self.ipv4, &self.ipv6].iter().any(|answer| matches!(answer, Some(Answer::Addresses(_))))
    }

    /// Takes an answer; the first that is one counts, and another server may make up for a refusal.
    pub fn take(&mut self, family: Family, answer: Answer) {
        if !self.is_open(family) {
            return;
        }
        match answer {
            Answer::Refusal | Answer::Truncated => self.refused = true,
            // There is no such name, so it has no address of the other family either.
            Answer::NoName => {
                self.ipv4.get_or_insert(Answer::NoName);
                self.ipv6.get_or_insert(Answer::NoName);
            }
            Answer::Addresses(_) | Answer::Alias(_) | Answer::NoAddress => match family {
                Family::Ipv4 => self.ipv4 = Some(answer),
                Family::Ipv6 => self.ipv6 = Some(answer),
            },
        }
    }

    /// What all answers come to.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        let (is_done, refused) = (self.is_done(), self.refused);
        let mut found = Addresses::new();
        let mut alias = None;
        for answer in [self.ipv4, self.ipv6].into_iter().flatten() {
            match answer {
                // What does not fit is left out: that of IPv6.
                Answer::Addresses(addresses) => {
                    let room = found.capacity() - found.len();
                    found.extend(addresses.into_iter().take(room));
                }
                Answer::Alias(name) => alias = alias.or(Some(name)),
                Answer::NoName | Answer::NoAddress | Answer::Refusal | Answer::Truncated => {}
            }
        }
        match alias {
            _ if !found.is_empty() => Outcome::Found(found),
            Some(alias) => Outcome::Alias(alias),
            None if is_done => Outcome::NoSuchName,
            None if refused => Outcome::Refused,
            None => Outcome::Silent,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::super::MAX_ADDRESSES;
    use super::Family::{Ipv4, Ipv6};
    use super::*;

    fn many(address: impl Into<IpAddr>, count: usize) -> Answer {
        let address = address.into();
        Answer::Addresses(std::iter::repeat_n(address, count).collect())
    }

    fn one() -> Answer {
        many(Ipv4Addr::new(81, 2, 70, 1), 1)
    }

    fn outcome(answers: &[(Family, Answer)]) -> Outcome {
        let mut look_up = LookUp::default();
        for (family, answer) in answers {
            look_up.take(*family, answer.clone());
        }
        look_up.outcome()
    }

    #[test]
    fn answers_come_to_addresses_another_name_or_a_reason() {
        let alias = || Answer::Alias("other.lab".try_into().unwrap());
        let another = Outcome::Alias("other.lab".try_into().unwrap());
        let found = Outcome::Found(Addresses::from_iter([[81, 2, 70, 1].into()]));
        let rows = [
            (vec![], Outcome::Silent),
            (vec![(Ipv4, Answer::Refusal)], Outcome::Refused),
            (vec![(Ipv4, Answer::Truncated)], Outcome::Refused),
            (vec![(Ipv6, Answer::NoName)], Outcome::NoSuchName),
            (vec![(Ipv4, Answer::NoAddress)], Outcome::Silent),
            (vec![(Ipv6, Answer::NoAddress), (Ipv4, Answer::Refusal)], Outcome::Refused),
            (vec![(Ipv6, Answer::NoAddress), (Ipv4, Answer::NoAddress)], Outcome::NoSuchName),
            (vec![(Ipv6, alias()), (Ipv4, Answer::NoAddress)], another.clone()),
            (vec![(Ipv4, alias())], another),
            (vec![(Ipv4, one()), (Ipv6, Answer::Refusal)], found.clone()),
            (vec![(Ipv6, alias()), (Ipv4, Answer::Refusal), (Ipv4, one())], found.clone()),
            // The first answer counts.
            (vec![(Ipv4, one()), (Ipv4, Answer::NoName)], found),
        ];
        for (answers, expected) in rows {
            assert_eq!(outcome(&answers), expected, "{answers:?}");
        }
    }

    #[test]
    fn ipv4_comes_first_and_the_number_is_limited() {
        let ipv6 = many(Ipv6Addr::LOCALHOST, 10);
        let Outcome::Found(found) = outcome(&[(Ipv6, ipv6), (Ipv4, many([81, 2, 70, 1], 10))])
        else {
            panic!("there are addresses");
        };
        assert_eq!(found.len(), MAX_ADDRESSES);
        assert!(found[..10].iter().all(IpAddr::is_ipv4) && found[10].is_ipv6());
    }

    #[test]
    fn a_look_up_knows_what_is_still_open() {
        let mut look_up = LookUp::default();
        assert!(look_up.is_open(Ipv4) && look_up.is_open(Ipv6) && !look_up.has_address());
        look_up.take(Ipv4, Answer::Refusal);
        assert!(look_up.is_open(Ipv4));
        look_up.take(Ipv4, one());
        assert!(look_up.has_address() && !look_up.is_done());
        look_up.take(Ipv6, Answer::NoAddress);
        assert!(look_up.is_done());
    }
}
