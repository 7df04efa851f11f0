//! A keyed hash that tells whether an account was changed, without telling what it is.

use ring::hmac;

use crate::config::Host;
use crate::state::Fingerprint;

/// Bytes in a key: the block that HMAC-SHA-256 asks for at least (RFC 2104, section 3).
pub(crate) const KEY_LENGTH: usize = 32;

/// Eight digits over hostname, login, password and URL.
///
/// The state file is readable by all and these digits depend on the password: without a key that
/// only root can read, anybody on the device could try a list of passwords against them.
#[must_use]
pub(crate) fn of(host: &Host, key: &[u8; KEY_LENGTH]) -> Fingerprint {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut digest = hmac::Context::with_key(&key);
    for part in
        [&host.hostname, host.username.as_str(), host.password.reveal(), host.provider.url.as_str()]
    {
        // With its length in front no part can lend characters to the next.
        digest.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(part.as_bytes());
    }
    let tag = digest.sign();
    let mut digits = Fingerprint::new();
    for nibble in tag.as_ref().iter().take(4).flat_map(|byte| [byte >> 4, byte & 15]) {
        let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        // Eight digits fit a fingerprint exactly.
        let _ = digits.push(digit);
    }
    digits
}
