//! A client of the lab that is not the agent: ureq with the lab's authority and little patience.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::lab::Lab;

/// Enough for a handshake on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who asks, and whom it trusts.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    authorization: String,
}

/// Status, headers and body of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, values as they are.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Client {
    /// A client of this lab with this login and password.
    pub fn new(lab: &Lab, login: &str, password: &str) -> Self {
        Self::trusting(lab.ca_file(), lab, PATIENCE).with_identifier(login, password)
    }

    /// The same with another patience.
    pub fn impatient(lab: &Lab, patience: Duration) -> Self {
        Self::trusting(lab.ca_file(), lab, patience)
    }

    /// A client, as `example.com-home`, that trusts only the authority in this file.
    pub fn trusting(ca_file: &Path, lab: &Lab, patience: Duration) -> Self {
        let pem = std::fs::read(ca_file).expect("the lab has written its authority");
        let authority = Certificate::from_pem(&pem).expect("the lab's authority is PEM");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&[authority]))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(patience))
            .build()
            .new_agent();
        let base = format!("https://localhost:{}", lab.https_address().port());
        let client = Self { agent, base, authorization: String::new() };
        client.with_identifier("example.com-home", "secret")
    }

    /// The same client with another login.
    pub fn with_identifier(mut self, login: &str, password: &str) -> Self {
        self.authorization = format!("Basic {}", STANDARD.encode(format!("{login}:{password}")));
        self
    }

    /// The same client with a bearer token in the place of the login.
    pub fn with_token(mut self, token: &str) -> Self {
        self.authorization = format!("Bearer {token}");
        self
    }

    /// Sends an update as the protocol has it.
    pub fn update(&self, hostname: &str, address: &str) -> Result<Received, ureq::Error> {
        self.get(&format!("/nic/update?system=dyndns&hostname={hostname}&myip={address}"))
    }

    /// Sends a GET for this path and query.
    pub fn get(&self, target: &str) -> Result<Received, ureq::Error> {
        let url = format!("{}{target}", self.base);
        let request = self.agent.get(url).header("Authorization", &self.authorization);
        received(request.call()?)
    }

    /// Sends a POST without a body for this path and query.
    pub fn post(&self, target: &str) -> Result<Received, ureq::Error> {
        let url = format!("{}{target}", self.base);
        let request = self.agent.post(url).header("Authorization", &self.authorization);
        received(request.send_empty()?)
    }

    /// Sends a POST with JSON.
    pub fn post_json(&self, target: &str, body: &str) -> Result<Received, ureq::Error> {
        self.post_body(target, "application/json", body)
    }

    /// Sends a POST with fields of a form.
    pub fn post_form(&self, target: &str, body: &str) -> Result<Received, ureq::Error> {
        self.post_body(target, "application/x-www-form-urlencoded", body)
    }

    fn post_body(&self, target: &str, kind: &str, body: &str) -> Result<Received, ureq::Error> {
        let request = self.agent.post(format!("{}{target}", self.base));
        let request = request.header("Authorization", &self.authorization);
        received(request.header("Content-Type", kind).send(body)?)
    }
}

impl Received {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

fn received(mut response: ureq::http::Response<ureq::Body>) -> Result<Received, ureq::Error> {
    let headers = response.headers().iter().map(|(name, value)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let headers = headers.collect();
    let status = response.status().as_u16();
    Ok(Received { status, headers, body: response.body_mut().read_to_string()? })
}
