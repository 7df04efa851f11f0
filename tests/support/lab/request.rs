//! An HTTP/1.1 request as the provider reads it.

use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A request head larger than this ends the connection.
const MAX_HEAD: usize = 16 * 1024;
/// A request body larger than this ends the connection.
const MAX_BODY: usize = 64 * 1024;
/// More header lines than this end the connection.
const MAX_HEADERS: usize = 64;

/// A whole request.
#[derive(Clone, Debug)]
pub struct Request {
    /// As sent.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    pub minor_version: u8,
    /// Names and values as sent, in order.
    pub headers: Vec<(String, String)>,
    /// As sent; empty if there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the next request; `None` if the client closed the connection between two of them.
    pub fn read(stream: &mut impl Read, unread: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let (mut request, head_length) = loop {
            if let Some(parsed) = parse(unread)? {
                break parsed;
            }
            if unread.len() > MAX_HEAD {
                return Err(io::Error::other("request head too large"));
            }
            if !read_more(stream, unread)? {
                return Ok(None);
            }
        };
        let length = request.content_length();
        if length > MAX_BODY {
            return Err(io::Error::other("request body too large"));
        }
        while unread.len() < head_length + length {
            if !read_more(stream, unread)? {
                return Ok(None);
            }
        }
        request.body = unread.drain(..head_length + length).skip(head_length).collect();
        Ok(Some(request))
    }

    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Login and password of `Authorization: Basic`, split at the first colon (RFC 7617).
    pub fn credentials(&self) -> Option<(String, String)> {
        let encoded = self.header("Authorization")?.strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (login, password) = text.split_once(':')?;
        Some((login.into(), password.into()))
    }

    /// Whether the client wants to go on using the connection; in HTTP/1.0 its end ends the reply.
    pub fn keeps_alive(&self) -> bool {
        self.minor_version > 0
            && !self.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    fn content_length(&self) -> usize {
        self.header("Content-Length").and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

/// The request at the start of `bytes` and the length of its head, once that is complete.
fn parse(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = parsed.parse(bytes).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let headers = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()));
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        minor_version: parsed.version.unwrap_or_default(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    Ok(Some((request, length)))
}

/// Appends what arrives next; `false` at the end of the stream.
fn read_more(stream: &mut impl Read, unread: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    let length = stream.read(&mut chunk)?;
    unread.extend_from_slice(&chunk[..length]);
    Ok(length > 0)
}
