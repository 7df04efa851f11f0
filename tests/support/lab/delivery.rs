//! From the request and the fault that strikes it to what leaves on the wire.

use std::time::Duration;

use super::fault::Fault;
use super::provider::unauthorized;
use super::records::family_of;
use super::reply::{Framing, Reply};
use super::request::Request;
use super::shared::{Shared, locked};

const BIG_BODY: usize = 1024 * 1024;
const DRIP: Duration = Duration::from_millis(300);
const MOVED: &str = "<html><body>moved</body></html>";
const UNAVAILABLE: &str = "<html><body>service temporarily unavailable</body></html>";
const MAINTENANCE: &str = "<html><body>maintenance: all good things take time</body></html>";

/// What the connection does with a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Sends the reply.
    Whole(Reply),
    /// Sends both in one write.
    Twice(Reply, Reply),
    /// Sends the reply after this time.
    Late(Duration, Reply),
    /// Sends these bytes and then nothing, with the connection left open.
    Torn(&'static [u8]),
    /// Sends these bytes and then one after the other, a pause before each.
    Drip(&'static [u8], Duration),
    /// Sends these bytes and closes the connection.
    Raw(Vec<u8>),
    /// Sends nothing, with the connection left open.
    Never,
    /// Closes the connection.
    Cut,
}

impl Delivery {
    /// For the request log.
    pub fn summary(&self) -> String {
        match self {
            Self::Whole(reply) => reply.summary(),
            Self::Twice(reply, unasked) => {
                format!("{}, and {}", reply.summary(), unasked.summary())
            }
            Self::Late(delay, reply) => {
                format!("{} after {} ms", reply.summary(), delay.as_millis())
            }
            Self::Torn(_) => "half a header".into(),
            Self::Drip(..) => "a header without an end".into(),
            Self::Raw(bytes) => format!("{} raw bytes", bytes.len()),
            Self::Never => "no reply".into(),
            Self::Cut => "connection closed".into(),
        }
    }
}

/// Decides it, and changes the record where the fault leaves that to the provider.
pub fn deliver(fault: Option<Fault>, request: &Request, shared: &Shared) -> Delivery {
    let right = || shared.answer(request);
    match fault {
        None => Delivery::Whole(right()),
        Some(Fault::Chunked) => Delivery::Whole(right().framed(Framing::Chunked)),
        Some(Fault::EndedByClose) => Delivery::Whole(right().framed(Framing::Close)),
        Some(Fault::Twice { length, word }) => {
            Delivery::Twice(right().padded(length), Reply::text(200, word))
        }
        Some(Fault::Delay(delay)) => Delivery::Late(delay, right()),
        Some(Fault::ApplySilently) => {
            right();
            Delivery::Never
        }
        Some(Fault::WrongEcho(address)) => {
            let hostname = request.parameter("hostname").unwrap_or_default();
            let mut records = locked(&shared.records);
            if records.address(&hostname, family_of(address)).is_some() {
                records.set(&hostname, address);
            }
            Delivery::Whole(Reply::text(200, format!("good {address}")))
        }
        Some(Fault::HalfHeader) => Delivery::Torn(b"HTTP/1.1 200 OK\r\nContent-Le"),
        Some(Fault::Drip) => Delivery::Drip(b"HTTP/1.1 200 OK\r\nX-Drip: ", DRIP),
        Some(Fault::CloseBeforeReply) => Delivery::Cut,
        Some(Fault::Raw(bytes)) => Delivery::Raw(bytes),
        // All but the first strike before there is a request; here they can only mean silence.
        Some(
            Fault::Hang
            | Fault::HangAccept
            | Fault::LateAccept(_)
            | Fault::CloseAccept
            | Fault::PlainHttp
            | Fault::Certificate(_),
        ) => Delivery::Never,
        Some(Fault::Word(word)) => Delivery::Whole(Reply::text(200, word)),
        Some(Fault::Reply(reply)) => Delivery::Whole(reply),
        Some(Fault::BigBody) => Delivery::Whole(Reply::text(200, "x".repeat(BIG_BODY))),
        Some(Fault::Redirect(location)) => {
            Delivery::Whole(Reply::html(302, MOVED).with_header("Location", &location))
        }
        Some(Fault::Html503) => Delivery::Whole(Reply::html(503, UNAVAILABLE)),
        Some(Fault::Html200) => Delivery::Whole(Reply::html(200, MAINTENANCE)),
        Some(Fault::Unauthorized) => Delivery::Whole(unauthorized()),
    }
}
