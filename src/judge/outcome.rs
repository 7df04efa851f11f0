//! What came of an update, and what follows from it.

use std::net::IpAddr;

use super::backoff::Ladder;
use crate::Time;
use crate::provider::failure::Failure;
use crate::provider::reply::{Meaning, Reply, Word};
use crate::text::{Text, text};

/// What came of one update.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider spoke.
    Replied(Reply),
    /// It could not be asked, or its answer did not arrive.
    Failed(Failure),
}

/// An outcome in one word: the provider's, or why there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The provider spoke.
    Word(Word),
    /// It could not be asked.
    Failure(Failure),
}

/// An update that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: Time,
    /// What was sent.
    pub address: IpAddr,
    /// What came of it.
    pub code: Code,
    /// The same for a person.
    pub text: Text,
}

/// What a code makes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Stored,
    Rejected {
        may_probe: bool,
    },
    Unavailable,
    Hiccup,
    NotUnderstood,
    Failing,
    /// The certificate is of a time that the clock has not reached.
    TooEarly,
}

impl Kind {
    /// The waits that follow it, where they grow.
    pub(super) fn ladder(self) -> Option<Ladder> {
        match self {
            Self::Failing => Some(Ladder::Failures),
            Self::Hiccup => Some(Ladder::Hiccups),
            Self::NotUnderstood => Some(Ladder::Unknown),
            Self::Stored | Self::Rejected { .. } | Self::Unavailable | Self::TooEarly => None,
        }
    }
}

impl Outcome {
    pub(super) fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Replied(reply) => reply.retry_after,
            Self::Failed(_) => None,
        }
    }

    pub(super) fn attempt(&self, at: Time, address: IpAddr) -> Attempt {
        let (code, text) = match self {
            Self::Replied(reply) => (Code::Word(reply.word), reply.text.clone()),
            Self::Failed(failure) => {
                (Code::Failure(failure.plain()), text(format_args!("{failure}")))
            }
        };
        Attempt { at, address, code, text }
    }
}

impl Code {
    /// The code as it stands in the state file.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Word(word) => word.token(),
            Self::Failure(failure) => failure.token(),
        }
    }

    /// The code of a token. 429 and 5xx have been `busy` from version 0.1.0 on, which takes no
    /// file with a word that it does not know: what kind of `busy` it is stands beside it.
    #[must_use]
    pub fn from_token(token: &str, is_hiccup: bool) -> Option<Self> {
        let words = Word::ALL.iter().copied().map(Self::Word);
        let failures = Failure::ALL.iter().copied().map(Self::Failure);
        let mut codes = words.chain(failures);
        codes.find(|code| code.token() == token && code.is_hiccup() == is_hiccup)
    }

    /// Whether a front end answered for the provider.
    #[must_use]
    pub fn is_hiccup(self) -> bool {
        self.kind() == Kind::Hiccup
    }

    /// Whether the provider may have carried out the update: what it answered, it has seen.
    #[must_use]
    pub fn may_have_arrived(self) -> bool {
        match self {
            Self::Word(_) => true,
            Self::Failure(failure) => failure.may_have_arrived(),
        }
    }

    /// Whether the provider may have stored what was sent: a rejection and a `911` say that it has
    /// not, a front end that answers 5xx for it (504: it took too long) knows of neither.
    pub(super) fn may_have_stored(self) -> bool {
        match self.kind() {
            Kind::Stored | Kind::NotUnderstood | Kind::Hiccup => true,
            Kind::Rejected { .. } | Kind::Unavailable => false,
            Kind::Failing | Kind::TooEarly => self.may_have_arrived(),
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Failure(Failure::Clock) => Kind::TooEarly,
            Self::Failure(_) => Kind::Failing,
            Self::Word(word) => match word.meaning() {
                Meaning::Stored => Kind::Stored,
                Meaning::Rejected { probe } => Kind::Rejected { may_probe: probe },
                Meaning::Unavailable => Kind::Unavailable,
                Meaning::Hiccup => Kind::Hiccup,
                Meaning::Unknown => Kind::NotUnderstood,
            },
        }
    }
}

impl Attempt {
    /// What came of it and what to do about it, for a person.
    #[must_use]
    pub fn explained(&self) -> Text {
        match self.code {
            Code::Word(word) if !word.remedy().is_empty() => {
                text(format_args!("{}: {}; {}", word.token(), self.text, word.remedy()))
            }
            Code::Word(_) | Code::Failure(_) => self.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_from_its_token() {
        let words = Word::ALL.iter().copied().map(Code::Word);
        for code in words.chain(Failure::ALL.iter().copied().map(Code::Failure)) {
            assert_eq!(Code::from_token(code.token(), code.is_hiccup()), Some(code));
        }
        assert_eq!(Code::from_token("", false), None);
        assert_eq!(Code::from_token("good", true), None);
    }
}
