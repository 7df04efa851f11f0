//! Sends the calls of the API: signed by the provider's clock, and not too many a minute.

use std::time::Duration;

use super::refused;
use crate::config::Secret;
use crate::error::Error;
use crate::io::exchange::{Http, Sent};
use crate::io::{clock, ovh_conf};
use crate::ovh::call::{Call, Method};
use crate::ovh::credentials::{Access, Credentials};
use crate::ovh::error::Trouble;
use crate::ovh::exchange::{Exchange, needs_signature};
use crate::ovh::headers::{Header, TOKEN_BODY, headers, token_headers};
use crate::ovh::pace::Pace;
use crate::ovh::signature::Skew;
use crate::ovh::values::{self, MAX_BODY, Response, Token};
use crate::provider::failure::Failure;

/// By which the provider's support finds a call.
const QUERY_ID: &str = "X-Ovh-QueryID";

/// Sends calls with these credentials.
pub(super) struct Caller {
    http: Http,
    credentials: Credentials,
    token: Option<Secret>,
    skew: Option<Skew>,
    pace: Pace,
}

impl Caller {
    /// Nothing is sent yet.
    pub(super) fn open(credentials: Credentials) -> Result<Self, Error> {
        let http = Http::open(ovh_conf::variable("SSL_CERT_FILE"));
        let http = http.map_err(|failure| refused(sentence(failure)))?;
        Ok(Self { http, credentials, token: None, skew: None, pace: Pace::default() })
    }

    /// From now on calls are signed for this consumer key.
    pub(super) fn use_key(&mut self, key: Secret) {
        if let Access::Keys { consumer_key, .. } = &mut self.credentials.access {
            *consumer_key = Some(key);
        }
    }

    /// The provider's clock, and a token where one is needed.
    fn prepare(&mut self) -> Result<(), Trouble> {
        match &self.credentials.access {
            Access::Keys { .. } if self.skew.is_none() => {
                let call = Call::new(Method::Get, "/auth/time".into());
                let theirs = values::time(&call, &self.exchange(&call)?)?;
                // By a clock that nobody sets meanwhile.
                self.skew = Some(Skew::new(theirs, seconds_since_boot()));
            }
            Access::Service { .. } if self.token.is_none() => self.fetch_token()?,
            _ => {}
        }
        Ok(())
    }

    fn fetch_token(&mut self) -> Result<(), Trouble> {
        let url = self.credentials.endpoint.token_url.clone();
        let path = url.splitn(4, '/').nth(3).unwrap_or_default();
        let mut call = Call::new(Method::Post, format!("/{path}")).secret();
        call.body = TOKEN_BODY.into();
        let headers = token_headers(&self.credentials.access).unwrap_or_default();
        let response = self.send(&call, &url, &headers)?;
        self.token = Some(values::object::<Token>(&call, &response)?.token);
        Ok(())
    }

    fn send(&mut self, call: &Call, url: &str, headers: &[Header]) -> Result<Response, Trouble> {
        let wait = self.pace.wait(seconds_since_boot());
        if wait > 0 {
            debug!("waiting {wait} s, as there were 60 calls within a minute");
            clock::sleep(Duration::from_secs(wait));
        }
        let sent = Sent { method: call.method.as_str(), url, headers, body: &call.body };
        let received = self.http.send(&sent, &[QUERY_ID], MAX_BODY).map_err(|failure| {
            let path = call.path.split('?').next().unwrap_or_default();
            Trouble::Failed(format!("{} {path}: {}", call.method.as_str(), sentence(failure)))
        })?;
        let query_id = received.headers.into_iter().next().flatten();
        Ok(Response { status: received.status, query_id, body: received.body })
    }
}

impl Exchange for Caller {
    fn exchange(&mut self, call: &Call) -> Result<Response, Trouble> {
        if needs_signature(call) {
            self.prepare()?;
        }
        let now = seconds_since_boot();
        let time = self.skew.map_or(now, |skew| skew.theirs(now));
        let headers = headers(&self.credentials, self.token.as_ref(), call, time);
        let url = format!("{}{}", self.credentials.endpoint.base, call.path);
        self.send(call, &url, &headers)
    }
}

fn seconds_since_boot() -> crate::Time {
    clock::since_boot().as_secs()
}

/// Why the API could not be asked; where an update is told something else, so is its user.
fn sentence(failure: Failure) -> &'static str {
    match failure {
        Failure::CaFile => {
            "the certificates of the authorities cannot be read: install ca-bundle \
             (ca-certificates), or correct SSL_CERT_FILE"
        }
        Failure::NoSuchName => {
            "the name of the API does not exist, says the DNS: compare endpoint in ovh.conf"
        }
        Failure::Clock => {
            "the certificate is not valid yet, so the clock of this device is behind: set it and \
             try again"
        }
        Failure::TooLarge => "the answer is too long to be one of the API",
        failure => failure.sentence(),
    }
}
