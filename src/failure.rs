//! Why the provider could not be asked; made in one place from the HTTP library's error.

use core::fmt;

macro_rules! failures {
    ($($failure:ident $token:literal $arrived:literal, $sentence:literal;)*) => {
        /// Why an update got no reply; it says nothing about the record or the login.
        #[allow(clippy::doc_markdown, reason = "the sentences are plain text")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Failure {
            $(#[doc = $sentence] $failure,)*
        }

        impl Failure {
            /// All failures, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$failure,)*];

            /// The failure's name in the state file and in logs.
            #[must_use]
            pub fn token(self) -> &'static str {
                match self { $(Self::$failure => $token,)* }
            }

            /// What happened and what to look at, for a person.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$failure => $sentence,)* }
            }

            /// Whether the provider may have received, and carried out, the request all the same.
            #[must_use]
            pub fn may_have_arrived(self) -> bool {
                match self { $(Self::$failure => $arrived,)* }
            }
        }
    };
}

failures! {
    Resolve "resolve" false,
        "the provider's name does not resolve: check the line and the DNS servers in /etc/resolv.conf";
    NoIpv4 "no-ipv4" false,
        "the provider is reached over IPv4 only and this line has no IPv4: ask for IPv4, NAT64 or DS-Lite";
    Refused "refused" false, "the provider refused the connection: try again later";
    Unreachable "unreachable" false,
        "the provider cannot be reached: no route to it yet, check the line";
    ConnectTimeout "connect-timeout" false,
        "the provider did not answer the connection: check the line and the firewall";
    Bind "bind" false,
        "the traffic cannot be bound to the device: it is gone, or the program may not bind to it";
    CaFile "ca-file" false,
        "the certificates of the authorities cannot be read: install ca-bundle (ca-certificates), or correct ca_file";
    Untrusted "untrusted" false,
        "the provider's certificate is from no trusted authority: nothing was sent";
    Expired "expired" false,
        "the provider's certificate has expired, or the clock is ahead: nothing was sent";
    WrongName "wrong-name" false,
        "the provider's certificate is for another name: nothing was sent";
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

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl core::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn every_failure_has_its_own_name_and_a_sentence() {
        for (index, failure) in Failure::ALL.iter().enumerate() {
            let same = Failure::ALL.iter().position(|other| other.token() == failure.token());
            assert_eq!(same, Some(index));
            let sentence = failure.sentence();
            assert!(!sentence.ends_with('.') && sentence.starts_with(char::is_lowercase));
        }
    }
}
