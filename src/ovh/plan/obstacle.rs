//! What stands between the user and a name that works, and what to do about it.

use std::fmt;

use super::super::values::{Login, PlainRecord};

/// Why there is nothing to be done before the user has acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The account has other zones.
    ForeignZone {
        /// The one asked for.
        zone: String,
        /// Those there are.
        zones: Vec<String>,
    },
    /// The DNS asks other servers for this zone.
    Elsewhere {
        /// The zone.
        zone: String,
        /// The provider's servers for it.
        ours: Vec<String>,
        /// Those that the DNS names.
        theirs: Vec<String>,
    },
    /// The section is for another login.
    OtherLogin(String),
    /// The identifier may update another sub-domain only.
    OtherSubDomain(Login),
    /// The identifier exists with a password that nobody here knows.
    UnknownPassword(String),
    /// The suffix is none; a sentence.
    Suffix(String),
    /// A hundred suffixes like it are taken.
    NoSuffixLeft,
    /// Plain records have this name.
    InTheWay(Vec<PlainRecord>),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignZone { zone, zones } => foreign_zone(f, zone, zones),
            Self::Elsewhere { zone, ours, theirs } if theirs.is_empty() => write!(
                f,
                "{zone} is not in the DNS: make the provider's servers ({}) those of the domain, \
                 and wait until its registry knows them",
                ours.join(", ")
            ),
            Self::Elsewhere { zone, ours, theirs } => write!(
                f,
                "{zone} is served by {}, which the provider does not run: make its own servers \
                 ({}) those of the domain in the customer area, or use a zone that is there",
                theirs.join(" and "),
                ours.join(", ")
            ),
            Self::OtherLogin(login) => write!(
                f,
                "the section is for the login {login}, name another section with --host, or \
                 remove username and password from this one"
            ),
            Self::OtherSubDomain(Login { login, sub_domain }) => write!(
                f,
                "the identifier {login} is for the sub-domain '{sub_domain}', choose another \
                 suffix with --suffix"
            ),
            Self::UnknownPassword(login) => write!(
                f,
                "the identifier {login} exists, and its password is not in the configuration: \
                 write it there, or give it a new one with --new-password (whoever uses it \
                 elsewhere needs that, too)"
            ),
            Self::Suffix(sentence) => f.write_str(sentence),
            Self::NoSuffixLeft => {
                f.write_str("too many suffixes are taken, choose one by --suffix")
            }
            Self::InTheWay(records) => {
                f.write_str("a plain record of this name is in the way (")?;
                for (index, record) in records.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", Shown(record))?;
                }
                f.write_str("): delete it in the customer area, or with --replace")
            }
        }
    }
}

fn foreign_zone(f: &mut fmt::Formatter<'_>, zone: &str, zones: &[String]) -> fmt::Result {
    let above =
        |known: &&String| zone.strip_suffix(known.as_str()).is_some_and(|rest| rest.ends_with('.'));
    write!(f, "{zone} is no zone of this account, ")?;
    match zones.iter().find(above) {
        Some(known) => write!(f, "but {known} is: give that, and the rest as --subdomain"),
        None if zones.is_empty() => f.write_str("which has none: use the account that has it"),
        None => write!(f, "there are {}", zones.join(", ")),
    }
}

/// A plain record, for a person.
pub(super) struct Shown<'a>(pub(super) &'a PlainRecord);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.kind, self.0.target)
    }
}
