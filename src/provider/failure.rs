//! Why the provider could not be asked; made in one place from the HTTP library's error.

use core::fmt;

macro_rules! failures {
    ($($failure:ident $(($detail:ty))? $token:literal $arrived:literal, $sentence:literal;)*) => {
        /// Why an update got no reply; it says nothing about the record or the login.
        #[allow(clippy::doc_markdown, reason = "the sentences are plain text")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Failure {
            $(#[doc = $sentence] $failure $(($detail))?,)*
        }

        impl Failure {
            /// All failures, in the order of the table, without details.
            pub const ALL: &[Self] = &[$(Self::$failure $((<$detail>::NONE))?,)*];

            /// The failure's name in the state file and in logs.
            #[must_use]
            pub fn token(self) -> &'static str {
                match self { $(Self::$failure { .. } => $token,)* }
            }

            /// What happened and what to look at, for a person.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$failure { .. } => $sentence,)* }
            }

            /// Whether the provider may have received, and carried out, the request all the same.
            #[must_use]
            pub fn may_have_arrived(self) -> bool {
                match self { $(Self::$failure { .. } => $arrived,)* }
            }
        }
    };
}

failures! {
    Resolve "resolve" false,
        "the provider's name does not resolve, as no DNS server answers: check the line and the servers in /etc/resolv.conf";
    NoSuchName "no-such-name" false,
        "the provider's name does not exist or has no address, says the DNS: compare the URL of the provider section";
    DnsRefused "dns-refused" false,
        "the provider's name does not resolve, as the DNS servers refuse or fail to look it up: check those in /etc/resolv.conf";
    NoIpv4 "no-ipv4" false,
        "the provider is reached over IPv4 only and this line has no IPv4: ask for IPv4, NAT64 or DS-Lite";
    Refused "refused" false, "the provider refused the connection: try again later";
    Unreachable "unreachable" false,
        "the provider cannot be reached: no route to it yet, check the line";
    Blackhole "blackhole" false,
        "a route of this device throws away what goes to the provider (blackhole, as mwan3 sets it when no line is up): nothing was sent";
    Prohibited "prohibited" false,
        "a route or rule of this device forbids the way to the provider (prohibit): nothing was sent, see ip route and ip rule";
    Firewall "firewall" false,
        "a firewall or sandbox on this device forbids the connection to the provider: nothing was sent";
    LineDown "line-down" false,
        "the device that leads to the provider is down: nothing was sent, check the line";
    NoSource "no-source" false,
        "this device has no address or no free port to reach the provider from: nothing was sent";
    Connect "connect" false,
        "the connection to the provider could not be opened: nothing was sent";
    ConnectTimeout "connect-timeout" false,
        "the provider did not answer the connection: check the line and the firewall";
    Bind "bind" false,
        "the traffic cannot be bound to the device: it is gone, or the program may not bind to it";
    CaFile "ca-file" false,
        "the certificates of the authorities cannot be read: install ca-bundle (ca-certificates), or correct ca_file";
    Untrusted "untrusted" false,
        "the provider's certificate is from no trusted authority: nothing was sent; name its authority in ca_file if it is your own";
    OtherAuthority "other-authority" false,
        "the provider's certificate is signed by another key than that of the authority of this name: nothing was sent; renew ca_file if the authority was renewed";
    CaAsServer "ca-as-server" false,
        "the provider shows the certificate of an authority as its own: nothing was sent; sign one with CA:FALSE for it and keep the authority in ca_file";
    Expired "expired" false,
        "the provider's certificate has expired, or the clock is ahead: nothing was sent";
    WrongName(Names) "wrong-name" false,
        "the provider's certificate is for another name: nothing was sent";
    NoNames "no-names" false,
        "the provider's certificate has no subjectAltName, and a common name alone does not count: nothing was sent";
    UnknownAlgorithm "algorithm" false,
        "the provider's certificate is signed with what this program does not know: nothing was sent; it knows RSA from 2048 bits and ECDSA on P-256 and P-384";
    NoCommonTls "no-common-tls" false,
        "provider and program share no TLS version, suite, curve or key type: nothing was sent; offer TLS 1.2 or 1.3, AES-128-GCM or ChaCha20, X25519 or P-256, an RSA or ECDSA key";
    NotTls "not-tls" false,
        "what answers on the provider's port does not speak TLS: nothing was sent; check the port in url, and what lies on the way";
    TlsClosed "tls-closed" false,
        "the connection was closed before TLS was agreed on: nothing was sent; a filter on the way or a server without TLS does that";
    TlsSilent "tls-silent" false,
        "the provider accepts the connection but TLS gets no answer: nothing was sent; if large packets get lost, lower the MTU or clamp the MSS";
    Tls "tls" false, "the secure connection could not be made: nothing was sent";
    Clock "clock" false,
        "the certificate is not valid yet, so the clock of this device is behind: waiting for it to be set";
    AddressGone "address-gone" false,
        "the address that this call began on is gone from this machine: nothing was sent";
    Resources "resources" false,
        "this device has no memory or no process left for the call: nothing was sent";
    ReplyTimeout "timeout" true, "the provider took the request but did not answer in time";
    Closed "closed" true, "the connection broke before the answer";
    AddressLost "address-lost" true,
        "the address that this call began on is gone from this machine: the answer cannot arrive";
    Malformed "malformed" true, "the answer is not proper HTTP";
    HeadTooLarge "head-too-large" true,
        "the head of the answer is longer than 16 KiB or 128 lines, so what it says is not known";
    TooLarge "too-large" true, "the answer is too long to be one of the DynHost protocol";
    Interrupted "interrupted" true, "the program was stopped before the answer came";
}

impl Failure {
    /// Whether every other call on the same route would fail as well just now.
    #[must_use]
    pub fn is_of_the_route(self) -> bool {
        // An address that is gone has been replaced by another, on which others begin.
        !self.may_have_arrived() && self != Self::AddressGone
    }
}

impl Failure {
    /// The failure without its details, as the state file has it.
    #[must_use]
    pub fn plain(self) -> Self {
        let same = |failure: &&Self| failure.token() == self.token();
        Self::ALL.iter().find(same).copied().unwrap_or(self)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())?;
        match self {
            Self::WrongName(names) if !names.as_str().is_empty() => {
                write!(f, "; it is for {names}")
            }
            _ => Ok(()),
        }
    }
}

impl core::error::Error for Failure {}

/// Most bytes of the names in a certificate that are kept.
const NAMES_MAX: usize = 100;

/// The names that a certificate is for, as many as fit; a failure stays as small as this.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Names {
    text: [u8; NAMES_MAX],
    length: usize,
}

impl Names {
    /// Nothing is known of the names.
    pub const NONE: Self = Self { text: [0; NAMES_MAX], length: 0 };

    /// These names; those that do not fit are left out.
    #[must_use]
    pub fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut kept = Self::NONE;
        for name in names {
            let separator = if kept.length == 0 { "" } else { ", " };
            let bytes = [separator.as_bytes(), name.as_bytes()].concat();
            let end = kept.length.saturating_add(bytes.len());
            let Some(room) = kept.text.get_mut(kept.length..end) else { break };
            room.copy_from_slice(&bytes);
            kept.length = end;
        }
        kept
    }

    fn as_str(&self) -> &str {
        // Whole strings were put in.
        self.text.get(..self.length).and_then(|text| str::from_utf8(text).ok()).unwrap_or("")
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, NAMES_MAX, Names};
    use crate::text::TEXT_MAX;

    #[test]
    fn every_failure_has_its_own_name_and_a_sentence() {
        for (index, failure) in Failure::ALL.iter().enumerate() {
            let same = Failure::ALL.iter().position(|other| other.token() == failure.token());
            assert_eq!(same, Some(index));
            let sentence = failure.sentence();
            assert!(!sentence.ends_with('.') && sentence.starts_with(char::is_lowercase));
            assert!(sentence.len() <= TEXT_MAX, "{sentence}");
            // What is longer is not read back from the state file, which is then set aside.
            assert!(failure.token().len() <= 16, "{}", failure.token());
        }
    }

    #[test]
    fn a_certificate_for_others_is_told_with_as_many_of_their_names_as_fit() {
        let told = |names: &[&str]| {
            let text = Failure::WrongName(Names::new(names.iter().copied())).to_string();
            text.strip_prefix(Failure::WrongName(Names::NONE).sentence()).map(str::to_owned)
        };
        assert_eq!(told(&[]).as_deref(), Some(""));
        assert_eq!(
            told(&["a.example", "b.example"]).as_deref(),
            Some("; it is for a.example, b.example")
        );
        let long = "a".repeat(NAMES_MAX);
        assert_eq!(told(&[&long, "b"]), Some(format!("; it is for {long}")));
        assert_eq!(told(&["b", &long, "c"]).as_deref(), Some("; it is for b"));
    }
}
