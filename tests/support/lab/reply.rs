//! An HTTP/1.1 reply and the three ways its end is marked.

use std::fmt::Write as _;

/// Small enough to split every word of a reply between two chunks.
const CHUNK: usize = 3;

/// A whole reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Beside those that `framing` needs.
    pub headers: Vec<(String, String)>,
    /// The body, as it will be after de-chunking.
    pub body: Vec<u8>,
    /// How the client learns where the body ends.
    pub framing: Framing,
}

/// How the client learns where the body ends (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The connection closes.
    Close,
}

impl Reply {
    /// A plain text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::of_type("text/plain", status, body.into())
    }

    /// A page, as front ends answer in trouble.
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::of_type("text/html", status, body.into())
    }

    /// JSON.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::of_type("application/json; charset=utf-8", status, body.into())
    }

    /// The newer back end's way to say that a request is wrong.
    pub fn bad_request(message: &str) -> Self {
        let body = format!("{{\"class\":\"Client::BadRequest\",\"message\":\"{message}\"}}");
        Self::of_type("application/json", 400, body)
    }

    /// The same with one header more.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same in so many bytes on a connection that goes on, by a header that says nothing.
    pub fn padded(self, length: usize) -> Self {
        let name = "X-Padding";
        let missing = length.saturating_sub(self.bytes(true).len() + name.len() + ": \r\n".len());
        self.with_header(name, &"x".repeat(missing))
    }

    /// The same with another end.
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Whether no other reply can follow it on the connection.
    pub fn ends_connection(&self) -> bool {
        self.framing == Framing::Close
    }

    /// Status and first line of the body, for the request log.
    pub fn summary(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let line: String = body.lines().next().unwrap_or_default().chars().take(80).collect();
        format!("{} {line}", self.status)
    }

    /// The bytes on the wire; `keeps_alive` is whether another reply may follow them.
    pub fn bytes(&self, keeps_alive: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let end = match self.framing {
            Framing::Length => format!("Content-Length: {}\r\n", self.body.len()),
            Framing::Chunked => String::from("Transfer-Encoding: chunked\r\n"),
            Framing::Close => String::new(),
        };
        let connection = if keeps_alive { "" } else { "Connection: close\r\n" };
        let _ = write!(head, "{end}{connection}\r\n");
        let mut bytes = head.into_bytes();
        match self.framing {
            Framing::Length | Framing::Close => bytes.extend_from_slice(&self.body),
            Framing::Chunked => bytes.extend_from_slice(&chunked(&self.body)),
        }
        bytes
    }

    fn of_type(content_type: &str, status: u16, body: String) -> Self {
        let headers = vec![(String::from("Content-Type"), content_type.into())];
        Self { status, headers, body: body.into_bytes(), framing: Framing::Length }
    }
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in body.chunks(CHUNK) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
