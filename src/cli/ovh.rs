//! The words behind `dynhost ovh` -> [`Ovh`].

mod arguments;

use std::net::IpAddr;
use std::time::Duration;

pub(super) use arguments::parse;

use crate::address::Family;

/// What `dynhost ovh --help` prints.
pub const HELP: &str = "\
dynhost ovh creates at OVHcloud what its customer area creates: identifiers and DynHost records

usage: dynhost ovh setup [--subdomain NAME] [--family ipv4,ipv6] [--suffix SUFFIX] [OPTION...]
       dynhost ovh authorize [--file FILE]
       dynhost ovh zone list
       dynhost ovh login list
       dynhost ovh login add --subdomain NAME [--suffix SUFFIX] [--password-file FILE]
       dynhost ovh login passwd LOGIN [--password-file FILE]
       dynhost ovh login remove LOGIN
       dynhost ovh record list [--subdomain NAME]
       dynhost ovh record add|set ADDRESS --subdomain NAME
       dynhost ovh record remove --subdomain NAME [--family ipv4,ipv6]

setup leads from an account to a name that works: it creates identifier and records, writes the
section of the configuration, updates once, and waits until the DNS shows it. What exists is kept,
and a run that was cut can be run again. authorize gets the consumer key that the others need.

      --zone ZONE            the zone, such as example.com; asked for on a terminal
      --subdomain NAME       such as home; '' or @ for the zone itself; '*' for a login alone
      --family LIST          ipv4, ipv6 or both; without it what the section has, else ipv4
      --suffix SUFFIX        the login's end, up to 10 characters; else made of the sub-domain
      --host SECTION         the section to write; found by its hostname or named by the sub-domain
      --new-password         give an identifier that exists a new password
      --replace              delete plain records in the way; for authorize: ask for that right, too
      --dry-run              print the calls, make none that changes anything
      --wait SECONDS         how long to wait: setup for the DNS (600), authorize for the user (900)
      --file FILE            where authorize stores the key, in place of /etc/ovh.conf
      --password-file FILE   read the password there, or make one and write it there; without it, it
                             is read from standard input

credentials: OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY, or OVH_CLIENT_ID and
OVH_CLIENT_SECRET, from the environment or as in ./ovh.conf, ~/.ovh.conf, /etc/ovh.conf;
OVH_ENDPOINT is ovh-eu, ovh-ca, ovh-us or a base URL; SSL_CERT_FILE names other authorities
";

/// What to do at OVHcloud.
#[derive(Debug, PartialEq, Eq)]
pub struct Ovh {
    /// The zone, in lower case; to be asked for if not given.
    pub zone: Option<String>,
    /// What to do there.
    pub task: Task,
}

/// What to do in a zone.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Everything.
    Setup(Setup),
    /// Get a consumer key.
    Authorize {
        /// With the right to delete plain records.
        replace: bool,
        /// Where the key goes.
        file: Option<String>,
        /// How long its user is waited for.
        wait: Duration,
    },
    /// Show the zones of the account.
    Zones,
    /// Something about identifiers.
    Login(Login),
    /// Something about records.
    Record(Record),
}

/// What `setup` is to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// As it was written; to be asked for if not given.
    pub sub_domain: Option<String>,
    /// Empty if nothing is said.
    pub families: Vec<Family>,
    /// The login's end.
    pub suffix: Option<String>,
    /// The section.
    pub host: Option<String>,
    /// An identifier that exists gets a new password.
    pub new_password: bool,
    /// Plain records in the way are deleted.
    pub replace: bool,
    /// Nothing is changed.
    pub dry_run: bool,
    /// How long the DNS is waited for.
    pub wait: Duration,
}

/// Something about identifiers.
#[derive(Debug, PartialEq, Eq)]
pub enum Login {
    /// Show them.
    List,
    /// Create one.
    Add {
        /// As it was written.
        sub_domain: String,
        /// The login's end.
        suffix: Option<String>,
        /// Where its password is, or goes.
        password_file: Option<String>,
    },
    /// Change a password.
    Passwd {
        /// The login or its suffix.
        login: String,
        /// Where its password is, or goes.
        password_file: Option<String>,
    },
    /// Delete one.
    Remove(String),
}

/// Something about records; sub-domains are as they were written.
#[derive(Debug, PartialEq, Eq)]
pub enum Record {
    /// Show those of a sub-domain, or all.
    List(Option<String>),
    /// Create one.
    Add(String, IpAddr),
    /// Point one at another address.
    Set(String, IpAddr),
    /// Delete those of these families, or of both.
    Remove(String, Vec<Family>),
}

/// Whether a text can be the name of a zone, so that it can stand in a path and a right.
#[must_use]
pub fn is_zone(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(inner)
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parse};
    use super::arguments::SETUP_WAIT;
    use super::*;
    use std::ffi::OsString;

    fn read(line: &str) -> Result<Ovh, String> {
        let words = line.split(' ').map(|word| OsString::from(word.trim_matches('\'')));
        match parse(words.filter(|_| true)).map_err(|error| error.to_string())?.command {
            Command::Ovh(ovh) => Ok(ovh),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn every_command_of_ovh_is_read() {
        let zone = || Some(String::from("example.com"));
        let setup = Setup {
            sub_domain: Some(String::new()),
            families: vec![Family::Ipv4, Family::Ipv6],
            suffix: Some("a".into()),
            host: Some("h".into()),
            new_password: true,
            replace: true,
            dry_run: true,
            wait: Duration::from_secs(5),
        };
        let ip = "81.2.69.1".parse().unwrap();
        let (home, file) = (|| String::from("home"), || Some(String::from("f")));
        let authorize = |replace, file, seconds| Task::Authorize {
            replace,
            file,
            wait: Duration::from_secs(seconds),
        };
        let add = Login::Add { sub_domain: "*".into(), suffix: None, password_file: file() };
        let passwd = Login::Passwd { login: "x-home".into(), password_file: None };
        let both = vec![Family::Ipv6];
        let rows = [
            (
                "ovh setup --subdomain '' --family ipv4,ipv6 --suffix a --host h --new-password \
                 --replace --dry-run --wait 5",
                Task::Setup(setup),
            ),
            ("ovh setup", Task::Setup(Setup { wait: SETUP_WAIT, ..Setup::default() })),
            ("ovh authorize", authorize(false, None, 900)),
            ("ovh authorize --replace --file f --wait 1", authorize(true, file(), 1)),
            ("ovh zone list", Task::Zones),
            ("ovh login list", Task::Login(Login::List)),
            ("ovh login add --subdomain * --password-file f", Task::Login(add)),
            ("ovh login passwd x-home", Task::Login(passwd)),
            ("ovh login remove home", Task::Login(Login::Remove(home()))),
            ("ovh record list", Task::Record(Record::List(None))),
            ("ovh record list --subdomain home", Task::Record(Record::List(Some(home())))),
            ("ovh record add 81.2.69.1 --subdomain home", Task::Record(Record::Add(home(), ip))),
            ("ovh record set --subdomain home 81.2.69.1", Task::Record(Record::Set(home(), ip))),
            (
                "ovh record remove --subdomain home --family ipv6",
                Task::Record(Record::Remove(home(), both)),
            ),
        ];
        for (line, task) in rows {
            let line = format!("{line} --zone Example.COM.");
            assert_eq!(read(&line), Ok(Ovh { zone: zone(), task }), "{line}");
        }
    }

    #[test]
    fn what_has_no_meaning_for_ovh_is_named() {
        let rows = [
            ("ovh", "'ovh' takes setup"),
            ("ovh setp", "'ovh' takes setup"),
            ("ovh login", "'ovh' takes setup"),
            ("ovh login add", "--subdomain is missing"),
            ("ovh login passwd", "'passwd' needs a login"),
            ("ovh login list --suffix x", "'ovh login list' takes no --suffix"),
            ("ovh record set --subdomain home", "'set' needs an address"),
            ("ovh record add x --subdomain home", "'x' is no address"),
            ("ovh setup --family ipv5", "--family takes ipv4, ipv6 or both, not 'ipv5'"),
            ("ovh setup --wait x", "--wait takes seconds"),
            ("ovh setup --password x", "invalid option '--password'"),
            ("ovh setup --zone a/b.c", "--zone takes a domain name"),
            ("ovh setup --zone a.b --zone c.d", "takes no --zone, or takes it once"),
        ];
        for (line, sentence) in rows {
            let said = read(line).unwrap_err();
            assert!(said.contains(sentence), "{line}: {said}");
        }
    }
}
