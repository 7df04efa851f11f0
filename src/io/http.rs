//! Sends one update over HTTP and TLS and brings back what came of it.

mod failure;

use std::io::Read as _;
use std::time::Duration;

use ureq::Agent;
#[cfg(any(feature = "upnp", feature = "web"))]
use ureq::Error;
use ureq::config::Config;
use ureq::http::{HeaderMap, StatusCode, header};

pub(super) use failure::failure;

use super::cancel::Cancel;
use super::dns::Names;
use super::gate::{Ask, Gate};
use super::link::{HEAD_MAX, LinkConnector};
use super::look_ups::{Known, LookUps};
use super::{clock, tls};
use crate::config::Provider;
use crate::provider::failure::Failure;
use crate::provider::reply::BODY_MAX;
use crate::provider::request::{USER_AGENT, UpdateRequest};
use crate::provider::retry_after;

/// One update from look-up to last byte.
pub(super) const CALL: Duration = Duration::from_secs(30);
/// The connection alone, TLS included.
const CONNECT: Duration = Duration::from_secs(15);

/// What the provider sent back.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u32>,
    /// The body, at most [`BODY_MAX`] bytes.
    pub body: Vec<u8>,
}

/// What distinguishes one connection to a provider from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Scheme, name and port of the provider.
    pub origin: String,
    /// The only authorities trusted; the system's if `None`.
    pub ca_file: Option<String>,
    /// How its name is looked up; the traffic leaves by the same device.
    pub names: Names,
    /// Whether certificates are needed at all.
    pub tls: bool,
}

impl Route {
    /// The way to a provider.
    pub(crate) fn to(provider: &Provider, names: Names) -> Self {
        let (url, ca_file) = (&provider.url, provider.ca_file.clone());
        Self { origin: url.origin().to_owned(), ca_file, names, tls: url.is_https() }
    }
}

/// One connection to a provider at a time, used again for the next request.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    gate: Gate,
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The provider could not be asked, or its answer did not arrive.
    Failed(Failure),
    /// Nothing was sent, as it was not to be sent any more.
    Denied,
}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Client {
    /// A client for this route; it connects with the first request, to an address that is known if
    /// one is, and gives up within a quarter of a second after `cancel`.
    ///
    /// # Errors
    /// [`Failure::CaFile`] if there are no authorities to trust.
    pub(super) fn open(route: &Route, known: &Known, cancel: &Cancel) -> Result<Self, Failure> {
        let terms = Terms { known: known.clone(), cancel: cancel.clone(), ..Terms::default() };
        let gate = terms.gate.clone();
        Ok(Self { agent: agent(route, terms, CALL)?, gate })
    }

    /// Sends one update, after `ask` has let it go: it is called when the connection is open.
    ///
    /// # Errors
    /// [`Miss`] if no reply came.
    pub(super) fn send(&self, request: &UpdateRequest, ask: Ask) -> Result<Response, Miss> {
        self.gate.close(ask);
        let called = self
            .agent
            .get(request.url.reveal())
            .header(header::AUTHORIZATION, request.authorization.reveal())
            .call();
        match called {
            Ok(response) => Ok(read(response)?),
            Err(error) if self.gate.denied() => {
                debug!("nothing was sent: {error}");
                Err(Miss::Denied)
            }
            Err(error) if self.gate.passed() => Err(failure(&error).into()),
            Err(error) => Err(unsent(failure(&error)).into()),
        }
    }
}

/// A question that is no update, and carries no login.
#[cfg(any(feature = "upnp", feature = "web"))]
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetch<'a> {
    /// With scheme and path.
    pub(super) url: &'a str,
    /// From look-up to last byte.
    pub(super) time: Duration,
    /// As much of the answer is read, and a byte more if there is one.
    pub(super) max: usize,
}

/// Status and body of an answer.
#[cfg(any(feature = "upnp", feature = "web"))]
pub(super) type Fetched = (u16, Vec<u8>);

#[cfg(any(feature = "upnp", feature = "web"))]
impl Fetch<'_> {
    /// Asks with GET.
    ///
    /// # Errors
    /// No answer came.
    pub(super) fn get(&self, route: &Route) -> Result<Fetched, Failure> {
        let agent = agent(route, Terms::default(), self.time)?;
        self.read(agent.get(self.url).call())
    }

    /// Asks with POST; the name of `header` goes out as it is spelled.
    ///
    /// # Errors
    /// No answer came.
    #[cfg(feature = "upnp")]
    pub(super) fn post(&self, route: &Route, post: &Post<'_>) -> Result<Fetched, Failure> {
        let agent = agent(route, Terms::default(), self.time)?;
        let (name, value) = post.header;
        let request = agent.post(self.url).content_type(post.content_type);
        self.read(request.header_raw(name, value.as_bytes()).send(post.body))
    }

    fn read(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, Error>,
    ) -> Result<Fetched, Failure> {
        let (head, body) = answer.map_err(|error| failure(&error))?.into_parts();
        let mut content = Vec::new();
        let limit = u64::try_from(self.max).unwrap_or(u64::MAX).saturating_add(1);
        let read = body.into_reader().take(limit).read_to_end(&mut content);
        read.map_err(|error| failure(&error.into()))?;
        Ok((head.status.as_u16(), content))
    }
}

/// What is sent with POST.
#[cfg(feature = "upnp")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Post<'a> {
    pub(super) header: (&'a str, &'a str),
    pub(super) content_type: &'a str,
    pub(super) body: &'a str,
}

/// The failure of a call that ended before its request was written.
fn unsent(failure: Failure) -> Failure {
    match failure {
        Failure::AddressLost => Failure::AddressGone,
        Failure::ReplyTimeout => Failure::ConnectTimeout,
        failure if failure.may_have_arrived() => Failure::Connect,
        failure => failure,
    }
}

/// What a request shares with others, and waits for; nothing by default.
#[derive(Default)]
pub(super) struct Terms {
    gate: Gate,
    known: Known,
    cancel: Cancel,
}

pub(super) fn agent(route: &Route, terms: Terms, time: Duration) -> Result<Agent, Failure> {
    let Terms { gate, known, cancel } = terms;
    let config = Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        // Credentials go to the provider alone, whatever http_proxy says.
        .proxy(None)
        .user_agent(USER_AGENT)
        .accept("*/*")
        .timeout_global(Some(time))
        .timeout_connect(Some(CONNECT.min(time)))
        .max_response_header_size(HEAD_MAX);
    let tls = if route.tls { Some(tls::client(route.ca_file.as_deref())?) } else { None };
    let names = route.names.clone();
    let resolver = LookUps { names, known, cancel: cancel.clone() };
    let connector = LinkConnector { device: route.names.device.clone(), tls, gate, cancel };
    Ok(Agent::with_parts(config.build(), connector, resolver))
}

fn read(response: ureq::http::Response<ureq::Body>) -> Result<Response, Failure> {
    let (head, body) = response.into_parts();
    let retry_after = retry_after(&head.headers);
    let mut content = Vec::new();
    let limit = u64::try_from(BODY_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let read = body.into_reader().take(limit).read_to_end(&mut content);
    let too_large = content.len() > BODY_MAX;
    content.truncate(BODY_MAX);
    // A status that says no needs no body; only a success depends on every word.
    if head.status == StatusCode::OK {
        read.map_err(|error| failure(&error.into()))?;
        if too_large {
            return Err(Failure::TooLarge);
        }
    }
    Ok(Response { status: head.status.as_u16(), retry_after, body: content })
}

fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    retry_after::seconds(value, clock::now())
}
