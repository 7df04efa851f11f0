//! What the kernel's flags say against publishing an IPv6 address of the line.

use std::fmt;

/// Why an address that can be reached is not for the DNS; what is over soonest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Duplicate address detection is under way (RFC 4862, section 5.4): it takes about a second.
    Tentative,
    /// Duplicate address detection found another machine with this address.
    Duplicate,
    /// Its preferred lifetime is over (RFC 4862, section 5.5.4): it is about to go.
    Deprecated,
    /// It is one of the privacy extensions (RFC 8981).
    Temporary,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tentative => "tentative: waiting until it is known to be unique",
            Self::Duplicate => "a duplicate: another machine on that link has it, too",
            Self::Deprecated => {
                "deprecated: the router or provider withdrew it and has not sent another"
            }
            Self::Temporary => {
                "temporary: privacy extensions change it daily, a stable address is needed"
            }
        })
    }
}
