//! `option suffix`: the address of a machine in the LAN, made from the delegated prefix.

use std::fmt;
use std::net::Ipv6Addr;

/// The longest prefix that leaves a whole interface identifier.
///
/// RFC 4291 section 2.5.1 fixes identifiers at 64 bits, so that a machine in the LAN cannot have
/// configured itself (SLAAC) below a longer prefix: the sum would name nobody.
pub const MAX_PREFIX_LENGTH: u8 = 64;

/// Prefix and suffix do not make an address together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadSuffix {
    /// Longer than [`MAX_PREFIX_LENGTH`].
    PrefixTooLong {
        /// Bits of the prefix.
        length: u8,
    },
    /// The suffix has bits where the prefix is.
    Overlap {
        /// The configured suffix.
        suffix: Ipv6Addr,
        /// Bits of the prefix.
        length: u8,
    },
    /// The suffix is `::`, the routers' anycast address of RFC 4291 section 2.6.1.
    Empty,
}

impl fmt::Display for BadSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrefixTooLong { length } => {
                write!(f, "the delegated prefix is a /{length}, a suffix needs a /64 or shorter")
            }
            Self::Overlap { suffix, length } => write!(
                f,
                "suffix {suffix} reaches into the delegated /{length}, keep its first {length} \
                 bits zero"
            ),
            Self::Empty => f.write_str("suffix :: names no machine, write its host part"),
        }
    }
}

impl std::error::Error for BadSuffix {}

/// The first `length` bits of `prefix` followed by `suffix`; bits of `prefix` after them are
/// ignored, so that any address inside it serves.
///
/// # Errors
///
/// [`BadSuffix`].
pub fn host_in_prefix(
    prefix: Ipv6Addr,
    length: u8,
    suffix: Ipv6Addr,
) -> Result<Ipv6Addr, BadSuffix> {
    if length > MAX_PREFIX_LENGTH {
        return Err(BadSuffix::PrefixTooLong { length });
    }
    let host_bits = u128::MAX.checked_shr(length.into()).unwrap_or(0);
    if suffix.to_bits() & !host_bits != 0 {
        return Err(BadSuffix::Overlap { suffix, length });
    }
    if suffix.is_unspecified() {
        return Err(BadSuffix::Empty);
    }
    Ok(Ipv6Addr::from_bits(prefix.to_bits() & !host_bits | suffix.to_bits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Ipv6Addr {
        text.parse().unwrap()
    }

    #[test]
    fn a_suffix_takes_the_bits_after_the_prefix() {
        for (prefix, length, suffix, sum) in [
            ("2a01:cb00:1:2::", 64, "::1:2:3:4", "2a01:cb00:1:2:1:2:3:4"),
            ("2a01:cb00:1:2::1", 64, "::10", "2a01:cb00:1:2::10"),
            ("2a01:cb00:1:2::", 56, "::f:1:2:3:4", "2a01:cb00:1:f:1:2:3:4"),
            ("2a01:cb00:1:20::", 60, "::1:2:3:4", "2a01:cb00:1:20:1:2:3:4"),
            ("2a01:cb00:1:2f::", 60, "::1", "2a01:cb00:1:20::1"),
            ("::", 0, "2a01::1", "2a01::1"),
        ] {
            assert_eq!(host_in_prefix(ip(prefix), length, ip(suffix)), Ok(ip(sum)), "{prefix}");
        }
    }

    #[test]
    fn a_suffix_that_does_not_fit_is_refused_with_a_sentence() {
        for (length, suffix, text) in [
            (65, "::1", "the delegated prefix is a /65, a suffix needs a /64 or shorter"),
            (128, "::1", "the delegated prefix is a /128, a suffix needs a /64 or shorter"),
            (
                64,
                "0:0:0:1::1",
                "suffix ::1:0:0:0:1 reaches into the delegated /64, keep its first 64 bits zero",
            ),
            (64, "::", "suffix :: names no machine, write its host part"),
        ] {
            let refusal = host_in_prefix(ip("2a01:cb00:1:2::"), length, ip(suffix)).unwrap_err();
            assert_eq!(refusal.to_string(), text);
        }
    }
}
