//! The headers that prove a call to be ours, and how a service account gets its token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::call::Call;
use super::credentials::{Access, Credentials};
use super::exchange::needs_signature;
use super::signature::{Signed, sign};
use crate::Time;
use crate::config::Secret;

/// Of a call with a body.
const JSON: &str = "application/json;charset=utf-8";

/// A header; values may be secret, so they do not show themselves.
pub type Header = (&'static str, Secret);

/// The headers of a call at `time` by the provider's clock; `token` is that of a service account.
#[must_use]
pub fn headers(
    credentials: &Credentials,
    token: Option<&Secret>,
    call: &Call,
    time: Time,
) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    let mut add = |name, value: String| headers.push((name, Secret::new(value)));
    if !call.body.is_empty() {
        add("Content-Type", JSON.to_owned());
    }
    match &credentials.access {
        Access::Service { .. } => {
            if let Some(token) = token.filter(|_| needs_signature(call)) {
                add("Authorization", format!("Bearer {}", token.reveal()));
            }
        }
        Access::Keys { application_key, application_secret, consumer_key } => {
            add("X-Ovh-Application", application_key.clone());
            if let Some(consumer_key) = consumer_key.as_ref().filter(|_| needs_signature(call)) {
                let signed = Signed { base: &credentials.endpoint.base, call, time };
                add("X-Ovh-Consumer", consumer_key.reveal().to_owned());
                add("X-Ovh-Timestamp", time.to_string());
                add("X-Ovh-Signature", sign(application_secret, consumer_key, &signed));
            }
        }
    }
    headers
}

/// The body of the POST to the endpoint's `token_url`; the scope is not optional there.
pub const TOKEN_BODY: &str = "grant_type=client_credentials&scope=all";

/// The headers of that POST; `None` for keys, which need no token.
#[must_use]
pub fn token_headers(access: &Access) -> Option<Vec<Header>> {
    let Access::Service { client_id, client_secret } = access else { return None };
    let pair = STANDARD.encode(format!("{client_id}:{}", client_secret.reveal()));
    let kind = Secret::new("application/x-www-form-urlencoded".to_owned());
    Some(vec![("Content-Type", kind), ("Authorization", Secret::new(format!("Basic {pair}")))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ovh::call::Method;
    use crate::ovh::credentials::read;

    fn credentials(text: &str) -> Credentials {
        read(&|_| None, &[("/etc/ovh.conf", text)]).unwrap()
    }

    fn shown(headers: &[Header]) -> Vec<String> {
        headers.iter().map(|(name, value)| format!("{name}: {}", value.reveal())).collect()
    }

    #[test]
    fn a_call_is_signed_or_carries_a_token_where_it_must() {
        let keys =
            credentials("[ovh-eu]\napplication_key=AK\napplication_secret=AS\nconsumer_key=CK\n");
        let zones = Call::new(Method::Get, "/domain/zone".into());
        let expected = [
            "X-Ovh-Application: AK",
            "X-Ovh-Consumer: CK",
            "X-Ovh-Timestamp: 1795420385",
            "X-Ovh-Signature: $1$cdd573b21fe6ff0a9a78f390feb730e89b54c226",
        ];
        assert_eq!(shown(&headers(&keys, None, &zones, 1_795_420_385)), expected);
        let asked = Call::new(Method::Post, "/auth/credential".into()).with(&[("a", "b")]);
        let expected = ["Content-Type: application/json;charset=utf-8", "X-Ovh-Application: AK"];
        assert_eq!(shown(&headers(&keys, None, &asked, 0)), expected);
        let service = credentials("[ovh-eu]\nclient_id=me\nclient_secret=s3cret\n");
        let token = Secret::new("t0ken".into());
        let found = headers(&service, Some(&token), &zones, 0);
        assert_eq!(shown(&found), ["Authorization: Bearer t0ken"]);
        let time = Call::new(Method::Get, "/auth/time".into());
        assert_eq!(headers(&service, Some(&token), &time, 0), []);
        assert!(!format!("{found:?}").contains("t0ken"));
    }

    #[test]
    fn a_service_account_asks_for_its_token_by_basic_authentication() {
        let service = credentials("[ovh-eu]\nclient_id=me\nclient_secret=s3cret\n");
        let found = token_headers(&service.access).unwrap();
        assert_eq!(shown(&found)[1], "Authorization: Basic bWU6czNjcmV0");
        let keys = credentials("[ovh-eu]\napplication_key=AK\napplication_secret=AS\n");
        assert_eq!(token_headers(&keys.access), None);
    }
}
