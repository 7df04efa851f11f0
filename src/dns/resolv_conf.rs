//! resolv.conf(5), as far as it says whom to ask and how often.

use std::net::{IpAddr, Ipv4Addr};

use crate::net::MAX_NAME_SERVERS;

/// Rounds over all servers at most, whatever `attempts` says.
pub const MAX_ROUNDS: u32 = 3;
/// Seconds that a try of a later round takes at most, whatever `timeout` says.
pub const MAX_SECONDS: u32 = 2;
/// Rounds if the file does not say.
const ROUNDS: u32 = 2;

/// A name server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where it listens, at port 53.
    pub address: IpAddr,
    /// The device behind a link-local address, by name or number: the `eth0` of `fe80::1%eth0`.
    pub scope: Option<heapless::String<15>>,
}

impl From<IpAddr> for Server {
    fn from(address: IpAddr) -> Self {
        Self { address, scope: None }
    }
}

/// Whom to ask, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvConf {
    /// In the file's order, never empty.
    pub servers: heapless::Vec<Server, MAX_NAME_SERVERS>,
    /// Rounds over all servers, 1 to [`MAX_ROUNDS`].
    pub rounds: u32,
    /// Seconds that a server gets in a later round, 1 to [`MAX_SECONDS`].
    pub seconds: u32,
    /// Begin with another server each time.
    pub rotates: bool,
    /// TCP alone.
    pub over_tcp: bool,
}

impl Default for ResolvConf {
    /// Without a file it is this machine that is asked, as by the C library.
    fn default() -> Self {
        let local = Server::from(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Self {
            servers: heapless::Vec::from_iter([local]),
            rounds: ROUNDS,
            seconds: MAX_SECONDS,
            rotates: false,
            over_tcp: false,
        }
    }
}

/// Reads the file's text; what it has beyond this module's scope is passed over.
#[must_use]
pub fn read(text: &str) -> ResolvConf {
    let mut conf = ResolvConf::default();
    let mut servers = heapless::Vec::new();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("nameserver") => {
                // What does not fit is left out.
                let _ = words.next().and_then(server).map(|server| servers.push(server));
            }
            Some("options") => words.for_each(|option| conf.set(option)),
            _ => {}
        }
    }
    if !servers.is_empty() {
        conf.servers = servers;
    }
    conf
}

fn server(word: &str) -> Option<Server> {
    let (address, scope) = match word.split_once('%') {
        Some((address, scope)) => (address, Some(heapless::String::try_from(scope).ok()?)),
        None => (word, None),
    };
    Some(Server { address: address.parse().ok()?, scope })
}

impl ResolvConf {
    fn set(&mut self, option: &str) {
        let number = |limit| option.split_once(':')?.1.parse().ok().map(|n: u32| n.clamp(1, limit));
        match option.split(':').next() {
            Some("attempts") => self.rounds = number(MAX_ROUNDS).unwrap_or(self.rounds),
            Some("timeout") => self.seconds = number(MAX_SECONDS).unwrap_or(self.seconds),
            Some("rotate") => self.rotates = true,
            Some("use-vc" | "usevc") => self.over_tcp = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(text: &str) -> Vec<String> {
        let shown = |server: &Server| match &server.scope {
            Some(scope) => format!("{} by {scope}", server.address),
            None => server.address.to_string(),
        };
        read(text).servers.iter().map(shown).collect()
    }

    #[test]
    fn servers_are_those_of_the_file_or_this_machine() {
        let rows: [(&str, &[&str]); 7] = [
            ("", &["127.0.0.1"]),
            ("nameserver\nnameserver dns.example\n#nameserver 9.9.9.9\n", &["127.0.0.1"]),
            ("nameserver 9.9.9.9 # quad\nnameserver\t2620:fe::fe\n", &["9.9.9.9", "2620:fe::fe"]),
            ("  nameserver 9.9.9.9\r\n", &["9.9.9.9"]),
            ("nameserver fe80::1%eth0\n", &["fe80::1 by eth0"]),
            ("nameserver fe80::1%a-name-longer-than-any\nnameserver 9.9.9.9", &["9.9.9.9"]),
            (
                "nameserver 1.0.0.1\nnameserver 1.0.0.2\nnameserver 1.0.0.3\nnameserver 1.0.0.4\n",
                &["1.0.0.1", "1.0.0.2", "1.0.0.3"],
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(servers(text), expected, "{text}");
        }
    }

    #[test]
    fn options_count_within_our_own_limits() {
        let rows = [
            ("", (2, 2, false, false)),
            ("options timeout:30 attempts:5", (3, 2, false, false)),
            ("options timeout:0 attempts:0", (1, 1, false, false)),
            ("options timeout:1 attempts:1 rotate use-vc", (1, 1, true, true)),
            ("options timeout:-1 attempts:many timeout attempts:", (2, 2, false, false)),
            ("options ndots:5 edns0 trust-ad\noptions rotate", (2, 2, true, false)),
            ("option rotate\n; options use-vc", (2, 2, false, false)),
        ];
        for (text, expected) in rows {
            let ResolvConf { rounds, seconds, rotates, over_tcp, .. } = read(text);
            assert_eq!((rounds, seconds, rotates, over_tcp), expected, "{text}");
        }
    }
}
