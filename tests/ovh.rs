//! Does what `dynhost ovh` asks, and makes of the answers, hold against the API of the lab?

mod setup;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dynhost::config::Secret;
use dynhost::ovh::api::{Api, NewLogin};
use dynhost::ovh::call::{Call, Method};
use dynhost::ovh::credentials::{self, Access, Credentials};
use dynhost::ovh::error::{Kind, Trouble};
use dynhost::ovh::exchange::Exchange;
use dynhost::ovh::headers::{Header, TOKEN_BODY, headers, token_headers};
use dynhost::ovh::rights::rights;
use dynhost::ovh::signature::Skew;
use dynhost::ovh::values::{self, KeyState, Record, Response, Token};
use ureq::http;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::support::lab::Lab;
use crate::support::lab::api::KeyState as LabState;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::lab::reply::Reply;

const ZONE: &str = "example.com";
const PATIENCE: Duration = Duration::from_secs(10);

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// An account with zones in it and nothing else, and calls enough for a test.
fn empty() -> LabOptions {
    let mut options = LabOptions::default();
    (options.identifiers, options.records) = (Vec::new(), Vec::new());
    options.api.calls_a_minute = 1000;
    options
}

/// Sends calls as the commands will, by a client that is not the agent's.
struct Sender {
    agent: ureq::Agent,
    credentials: Credentials,
    token: Option<Secret>,
    skew: Skew,
}

const KEYS: &str = "application_key=lab-application\napplication_secret=lab-application-secret\n\
    consumer_key=lab-consumer\n";
const SERVICE: &str = "client_id=EU.lab\nclient_secret=lab-client-secret\n";

impl Sender {
    fn new(lab: &Lab) -> Self {
        Self::with(lab, KEYS)
    }

    /// A sender with these lines of `ovh.conf`.
    fn with(lab: &Lab, lines: &str) -> Self {
        let base = lab.api_base();
        let conf = format!("[default]\nendpoint={base}\n[{base}]\n{lines}");
        let credentials = credentials::read(&|_| None, &[("ovh.conf", &conf)]).unwrap();
        let (token, skew) = (None, Skew::new(0, 0));
        let mut sender = Self { agent: agent(lab.ca_file()), credentials, token, skew };
        let theirs = Api::new(&mut sender).time().unwrap();
        sender.skew = Skew::new(theirs, now());
        sender
    }

    fn set_keys(&mut self, change: impl FnOnce(&mut String, &mut Secret, &mut Option<Secret>)) {
        let Access::Keys { application_key, application_secret, consumer_key } =
            &mut self.credentials.access
        else {
            panic!("a service account has no keys");
        };
        change(application_key, application_secret, consumer_key);
    }

    fn send(&self, request: http::request::Builder, body: &str) -> Result<Response, Trouble> {
        let failed = |error: &dyn std::fmt::Display| Trouble::Failed(error.to_string());
        let request = request.body(body.to_owned()).map_err(|error| failed(&error))?;
        let mut response = self.agent.run(request).map_err(|error| failed(&error))?;
        let query_id = response.headers().get("X-Ovh-QueryID");
        let query_id = query_id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        let body = response.body_mut().read_to_vec().map_err(|error| failed(&error))?;
        Ok(Response { status: response.status().as_u16(), query_id, body })
    }

    /// Asks for a token, as a service account does first.
    fn log_in(&mut self) -> Result<(), Trouble> {
        let headers = token_headers(&self.credentials.access).unwrap();
        let request = http::Request::builder().method("POST");
        let request = with_headers(request.uri(&self.credentials.endpoint.token_url), &headers);
        let response = self.send(request, TOKEN_BODY)?;
        let call = Call::new(Method::Post, "/auth/oauth2/token".into());
        self.token = Some(values::object::<Token>(&call, &response)?.token);
        Ok(())
    }
}

fn with_headers(request: http::request::Builder, headers: &[Header]) -> http::request::Builder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, value.reveal()))
}

fn agent(ca_file: &Path) -> ureq::Agent {
    let pem = std::fs::read(ca_file).unwrap();
    let authority = Certificate::from_pem(&pem).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&[authority]))
        .unversioned_rustls_crypto_provider(provider)
        .build();
    let config = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false);
    config.max_redirects(0).timeout_global(Some(PATIENCE)).build().new_agent()
}

impl Exchange for Sender {
    fn exchange(&mut self, call: &Call) -> Result<Response, Trouble> {
        let url = format!("{}{}", self.credentials.endpoint.base, call.path);
        let request = http::Request::builder().method(call.method.as_str()).uri(url);
        let time = self.skew.theirs(now());
        let headers = headers(&self.credentials, self.token.as_ref(), call, time);
        self.send(with_headers(request, &headers), &call.body)
    }
}

#[test]
fn every_call_is_taken_and_its_answer_read() {
    let lab = Lab::start(empty());
    lab.account().set_clock_ahead(-365 * 86_400);
    let mut sender = Sender::new(&lab);
    let mut api = Api::new(&mut sender);
    assert_eq!(api.zones().unwrap(), [ZONE]);
    assert_eq!(api.zone(ZONE).unwrap().name_servers, ["ns1.provider.lab"]);
    let password = Secret::new("a pass+w\u{f6}rd \"'\\%".into());
    let new = NewLogin { suffix: "home", password: &password, sub_domain: "*" };
    assert_eq!(api.add_login(ZONE, &new).unwrap().login, "example.com-home");
    assert_eq!(lab.identifiers()[0].password, password.reveal());
    let other = Secret::new("another-one".into());
    api.set_password(ZONE, "example.com-home", &other).unwrap();
    assert_eq!(lab.identifiers()[0].password, "another-one");
    assert_eq!(api.login_names(ZONE, Some("*")).unwrap(), ["example.com-home"]);
    assert_eq!(api.login_names(ZONE, Some("x")).unwrap(), [""; 0]);
    assert_eq!(api.login(ZONE, "example.com-home").unwrap().sub_domain, "*");
    let addresses = ["81.2.69.1", "2a01:cb00:1:2::1"].map(|text| text.parse().unwrap());
    for sub_domain in ["home", "", "homes"] {
        for address in addresses {
            let record = api.add_record(ZONE, sub_domain, address).unwrap();
            assert_eq!((record.sub_domain.as_str(), record.ip), (sub_domain, address));
        }
    }
    for sub_domain in ["home", ""] {
        let found = api.records(ZONE, Some(sub_domain)).unwrap();
        let ips: Vec<_> = found.iter().map(|record| record.ip).collect();
        assert_eq!(ips, addresses, "{sub_domain:?}");
    }
    let Record { id, .. } = api.records(ZONE, Some("homes")).unwrap()[0];
    let record = Record { id, sub_domain: "homes".into(), ip: addresses[0] };
    api.set_record(ZONE, &record, "81.2.69.9".parse().unwrap()).unwrap();
    api.remove_record(ZONE, id).unwrap();
    assert_eq!(api.records(ZONE, None).unwrap().len(), 5);
    let id = lab.add_plain("home.example.com", ("CNAME", "elsewhere.example."), 0);
    let plain = api.plain_records(ZONE, "home").unwrap();
    let kinds: Vec<_> = plain.iter().map(|record| (record.kind.as_str(), record.ttl)).collect();
    assert_eq!(kinds, [("A", Some(60)), ("AAAA", Some(60)), ("CNAME", Some(0))]);
    api.remove_plain(ZONE, id).unwrap();
    api.refresh(ZONE).unwrap();
    api.remove_login(ZONE, "example.com-home").unwrap();
    assert!(lab.identifiers().is_empty() && lab.plain().is_empty());
}

#[test]
fn a_refusal_is_a_sentence_with_its_query_id() {
    let mut options = empty();
    options.api.calls_a_minute = 10;
    let lab = Lab::start(options);
    let mut sender = Sender::new(&lab);
    let expect = |kind: Kind, sender: &mut Sender| {
        let trouble = Api::new(sender).zones().unwrap_err();
        assert_eq!(trouble.kind(), Some(kind), "{trouble}");
        assert!(trouble.to_string().contains("[query id EU.ext-3.lab."), "{trouble}");
    };
    sender.set_keys(|_, secret, _| *secret = Secret::new("wrong".into()));
    expect(Kind::Signature, &mut sender);
    sender.set_keys(|_, secret, _| *secret = Secret::new("lab-application-secret".into()));
    sender.set_keys(|_, _, consumer| *consumer = Some(Secret::new("wrong".into())));
    expect(Kind::NoKey, &mut sender);
    sender.set_keys(|_, _, consumer| *consumer = None);
    expect(Kind::LoginFirst, &mut sender);
    sender.set_keys(|_, _, consumer| *consumer = Some(Secret::new("lab-consumer".into())));
    let right = std::mem::replace(&mut sender.skew, Skew::new(0, 100));
    expect(Kind::Clock, &mut sender);
    sender.skew = right;
    lab.account().set_key("lab-consumer", LabState::Expired).unwrap();
    expect(Kind::KeyNotValid, &mut sender);
    lab.account().set_key("lab-consumer", LabState::Validated).unwrap();
    lab.account().set_rights(&[("GET", "/domain/zone/*")]);
    expect(Kind::NotGranted, &mut sender);
    let mut api = Api::new(&mut sender);
    let trouble = api.zone("example.net").unwrap_err();
    assert_eq!(trouble.kind(), Some(Kind::NoService));
    let trouble = api.login(ZONE, "example.com-none").unwrap_err();
    assert_eq!(trouble.kind(), Some(Kind::NoObject));
    sender.set_keys(|key, _, _| *key = "wrong".into());
    expect(Kind::ApplicationKey, &mut sender);
    sender.set_keys(|key, _, _| *key = "lab-application".into());
    lab.account().set_rights(&[("POST", "/domain/zone/*")]);
    let short = Secret::new("s3cret".into());
    let new = NewLogin { suffix: "home", password: &short, sub_domain: "home" };
    let trouble = Api::new(&mut sender).add_login(ZONE, &new).unwrap_err();
    assert_eq!(trouble.kind(), Some(Kind::BadRequest));
    assert!(!trouble.to_string().contains("s3cret") && !format!("{trouble:?}").contains("s3cret"));
    let _ = Api::new(&mut sender).zones();
    expect(Kind::TooMany, &mut sender);
    lab.fault(Fault::Reply(Reply::html(502, "<html></html>")));
    let trouble = Api::new(&mut sender).zones().unwrap_err();
    assert_eq!(trouble.kind(), Some(Kind::Down));
    lab.close();
    assert_eq!(Api::new(&mut sender).zones().unwrap_err().kind(), None);
}

#[test]
fn a_key_with_the_least_rights_is_asked_for_and_waited_for() {
    let lab = Lab::start(empty());
    let mut sender = Sender::new(&lab);
    let key = Api::new(&mut sender).request_key(&rights(ZONE, false)).unwrap();
    sender.set_keys(|_, _, consumer| *consumer = Some(key.consumer_key));
    let mut api = Api::new(&mut sender);
    assert_eq!(api.key_state(), Ok(KeyState::PendingValidation));
    lab.account().set_key("last", LabState::Validated).unwrap();
    assert_eq!(api.key_state(), Ok(KeyState::Validated));
    api.zones().unwrap();
    api.zone(ZONE).unwrap();
    api.add_record(ZONE, "home", "81.2.69.1".parse().unwrap()).unwrap();
    api.plain_records(ZONE, "home").unwrap();
    api.refresh(ZONE).unwrap();
    let id = lab.add_plain("x.example.com", ("A", "81.2.69.1"), 0);
    assert_eq!(api.remove_plain(ZONE, id).unwrap_err().kind(), Some(Kind::NotGranted));
    let key = Api::new(&mut sender).request_key(&rights(ZONE, true)).unwrap();
    sender.set_keys(|_, _, consumer| *consumer = Some(key.consumer_key));
    lab.account().set_key("last", LabState::Validated).unwrap();
    Api::new(&mut sender).remove_plain(ZONE, id).unwrap();
}

#[test]
fn a_service_account_asks_by_a_token() {
    let lab = Lab::start(empty());
    let mut sender = Sender::with(&lab, SERVICE);
    let without = Api::new(&mut sender).zones().unwrap_err();
    assert_eq!(without.kind(), Some(Kind::LoginFirst), "{without}");
    sender.log_in().unwrap();
    assert_eq!(Api::new(&mut sender).zones().unwrap(), [ZONE]);
    lab.account().set_rights(&[]);
    let trouble = Api::new(&mut sender).zones().unwrap_err();
    assert_eq!(trouble.kind(), Some(Kind::NoPolicy), "{trouble}");
    let mut stranger = Sender::with(&lab, "client_id=EU.lab\nclient_secret=wrong\n");
    assert_eq!(stranger.log_in().unwrap_err().kind(), Some(Kind::Client));
}
