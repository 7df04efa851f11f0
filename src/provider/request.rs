//! An update -> URL and headers (OVHcloud's DynHost guide; dyndns2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config::{Addresses, Host, Secret};

/// Names product and version, as the dyndns2 rules ask; generic agents are answered `badagent`.
pub const USER_AGENT: &str = concat!("dynhost/", env!("CARGO_PKG_VERSION"));

/// One update, ready to be sent with GET.
#[derive(Debug, PartialEq, Eq)]
pub struct UpdateRequest {
    /// With hostname and address in it. Some providers want a token in it as well.
    pub url: Secret,
    /// The value of the `Authorization` header: the only place where the password goes.
    pub authorization: Secret,
}

/// The update that sets `host`'s record to an address, and where one request sets both, those of
/// both families.
#[must_use]
pub fn update(host: &Host, addresses: Addresses) -> UpdateRequest {
    let url = Secret::new(host.provider.url.render(&host.hostname, addresses));
    UpdateRequest { url, authorization: basic(&host.username, &host.password) }
}

/// The URL of that update with nothing in it that may be a secret, for showing it.
#[must_use]
pub fn shown_url(host: &Host, addresses: Addresses) -> String {
    host.provider.url.masked().render(&host.hostname, addresses)
}

/// HTTP Basic authentication in UTF-8 (RFC 7617). Base64 in one line: a newline gave a 401.
fn basic(username: &str, password: &Secret) -> Secret {
    let pair = format!("{username}:{}", password.reveal());
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_utf8_in_one_line_whatever_they_hold() {
        let rows = [
            ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("example.com-home", "a#?:@%\"'\\ é", "Basic ZXhhbXBsZS5jb20taG9tZTphIz86QCUiJ1wgw6k="),
        ];
        for (username, password, value) in rows {
            let header = basic(username, &Secret::new(password.into()));
            assert_eq!(header.reveal(), value);
            assert_eq!(format!("{header:?}"), "***");
        }
        let long = basic("u", &Secret::new("p".repeat(255)));
        assert!(long.reveal().bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
    }
}
