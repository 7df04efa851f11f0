//! One HTTP request and its answer, over the same TLS and with the same limits as updates.

use std::io::Read as _;

use ureq::Agent;
use ureq::http::Request;

use super::dns::Names;
use super::http::{self, Route, Terms};
use crate::config::Secret;
use crate::provider::failure::Failure;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// `GET` and its like.
    pub method: &'a str,
    /// The whole of it, `https` alone.
    pub url: &'a str,
    /// Beside those that every request has; values may be secret.
    pub headers: &'a [(&'static str, Secret)],
    /// Empty for none.
    pub body: &'a str,
}

/// What came back.
#[derive(Debug)]
pub struct Received {
    /// The HTTP status; a redirect is not followed.
    pub status: u16,
    /// The values of the headers that were wanted, where they are text.
    pub headers: Vec<Option<String>>,
    /// At most as much as was allowed.
    pub body: Vec<u8>,
}

/// Connections to servers of one kind, each used again for the next request.
#[derive(Debug)]
pub struct Http {
    agent: Agent,
}

impl Http {
    /// Trusts the authorities in `ca_file`, or the system's.
    ///
    /// # Errors
    /// [`Failure::CaFile`] if there are none.
    pub fn open(ca_file: Option<String>) -> Result<Self, Failure> {
        let route = Route { origin: String::new(), ca_file, names: Names::default(), tls: true };
        Ok(Self { agent: http::agent(&route, Terms::default(), http::CALL)? })
    }

    /// Sends one request and waits for its answer, 30 seconds at most.
    ///
    /// # Errors
    /// [`Failure`] if none came, or if its body has more than `limit` bytes.
    pub fn send(
        &self,
        sent: &Sent<'_>,
        wanted: &[&str],
        limit: usize,
    ) -> Result<Received, Failure> {
        let mut request = Request::builder().method(sent.method).uri(sent.url);
        for (name, value) in sent.headers {
            request = request.header(*name, value.reveal());
        }
        let request = request.body(sent.body).map_err(|_| Failure::Malformed)?;
        let answer = self.agent.run(request).map_err(|error| http::failure(&error))?;
        let (head, body) = answer.into_parts();
        let header = |name: &&str| head.headers.get(*name)?.to_str().ok().map(str::to_owned);
        let headers = wanted.iter().map(header).collect();
        let mut content = Vec::new();
        let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let read = body.into_reader().take(one_more).read_to_end(&mut content);
        read.map_err(|error| http::failure(&error.into()))?;
        if content.len() > limit {
            return Err(Failure::TooLarge);
        }
        Ok(Received { status: head.status.as_u16(), headers, body: content })
    }
}
