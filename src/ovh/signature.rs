//! `X-Ovh-Signature`: that whoever sends a call knows the application secret.
//!
//! SHA-1 is what the API asks for; here it joins two secrets with public text that nobody else
//! chooses, where its collisions are of no use.

use ring::digest;

use super::call::Call;
use crate::Time;
use crate::config::Secret;

/// The signature of a call, `$1$` and forty digits; `time` is that of the provider.
#[must_use]
pub fn sign(secret: &Secret, consumer_key: &Secret, call: &Signed<'_>) -> String {
    let time = call.time.to_string();
    let parts = [
        secret.reveal(),
        consumer_key.reveal(),
        call.call.method.as_str(),
        &format!("{}{}", call.base, call.call.path),
        &call.call.body,
        &time,
    ];
    let mut digest = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            digest.update(b"+");
        }
        digest.update(part.as_bytes());
    }
    let digest = digest.finish();
    let digits = digest.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.map(|nibble| char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
    "$1$".chars().chain(digits).collect()
}

/// What a signature is about.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The endpoint's base: the full URL is signed.
    pub base: &'a str,
    /// The call.
    pub call: &'a Call,
    /// Seconds since 1970 by the provider's clock, as sent in `X-Ovh-Timestamp`.
    pub time: Time,
}

/// The provider's time from ours: what it said when it was asked, carried on by our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    theirs: Time,
    ours: Time,
}

impl Skew {
    /// `theirs` is what `/auth/time` answered while our clock said `ours`.
    #[must_use]
    pub fn new(theirs: Time, ours: Time) -> Self {
        Self { theirs, ours }
    }

    /// Their time now.
    #[must_use]
    pub fn theirs(self, now: Time) -> Time {
        self.theirs.saturating_add(now).saturating_sub(self.ours)
    }

    /// Seconds that our clock is ahead of theirs; negative if it is behind.
    #[must_use]
    pub fn ahead(self) -> i64 {
        let signed = |time: Time| i64::try_from(time).unwrap_or(i64::MAX);
        signed(self.ours).saturating_sub(signed(self.theirs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ovh::call::Method;

    /// Each digest by OpenSSL 3: `printf %s SECRET+CONSUMER+METHOD+URL+BODY+TIME | openssl sha1`.
    #[test]
    fn signatures_are_those_that_openssl_computes() {
        let get = |path: &str| Call::new(Method::Get, path.into());
        let login = Call::new(Method::Post, "/domain/zone/example.com/dynHost/login".into())
            .with(&[("loginSuffix", "home"), ("password", "p'+\"é"), ("subDomain", "")]);
        let zone = "/domain/zone/example.com";
        let rows = [
            (
                "https://eu.api.ovh.com/1.0",
                get("/domain/zone"),
                1_795_420_385,
                "cdd573b21fe6ff0a9a78f390feb730e89b54c226",
            ),
            (
                "https://localhost:8443/v1",
                get(&format!("{zone}/dynHost/record?subDomain=home")),
                0,
                "a73a8e9cd933daac3bd401668525a461c06ba066",
            ),
            (
                "https://eu.api.ovh.com/1.0",
                login,
                1_795_420_385,
                "4a3273f61c2a5da4d2c77c111045439d69f8dfb4",
            ),
            (
                "https://api.us.ovhcloud.com/1.0",
                Call::new(Method::Delete, format!("{zone}/dynHost/record/12")),
                1_795_420_385,
                "94386d6e6f0168c3607e4b969ebb333463878383",
            ),
        ];
        let (secret, consumer) = (Secret::new("AS".into()), Secret::new("CK".into()));
        for (base, call, time, digest) in rows {
            let signed = sign(&secret, &consumer, &Signed { base, call: &call, time });
            assert_eq!(signed, format!("$1${digest}"), "{call}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_by_years_still_gives_the_providers_time() {
        let skew = Skew::new(1_795_420_385, 7);
        assert_eq!((skew.theirs(9), skew.ahead()), (1_795_420_387, -1_795_420_378));
        let skew = Skew::new(100, 200);
        assert_eq!((skew.theirs(150), skew.theirs(0), skew.ahead()), (50, 0, 100));
        assert_eq!(Skew::new(Time::MAX, 0).theirs(1), Time::MAX);
    }
}
