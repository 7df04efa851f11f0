//! Everything that can be wrong with a provider, and for how many requests it is.

use std::net::IpAddr;
use std::time::Duration;

use super::certificates::Wrong;
use super::reply::Reply;

/// One thing that is wrong with the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 200 with this body: any word of the dyndns2 table.
    Word(String),
    /// This reply, whatever was asked.
    Reply(Reply),
    /// The right reply, in so many bytes, and in the same write another one with this word.
    Twice {
        /// Bytes of the right reply; no fewer than it has anyway.
        length: usize,
        /// What the unasked one says.
        word: String,
    },
    /// These bytes as they are, and the end of the connection.
    Raw(Vec<u8>),
    /// The request is read and never answered.
    Hang,
    /// TCP is accepted, then nothing: the TLS handshake never begins.
    HangAccept,
    /// TCP is accepted, and the TLS handshake begins late.
    LateAccept(Duration),
    /// The reply breaks off inside a header line, with the connection left open.
    HalfHeader,
    /// A header line without an end, a byte every 300 ms.
    Drip,
    /// The right reply, in chunks that split its words.
    Chunked,
    /// The right reply, its end marked by the end of the connection alone.
    EndedByClose,
    /// HTTP 200 with a body of 1 MB.
    BigBody,
    /// HTTP 302 to this URL.
    Redirect(String),
    /// HTTP 503 with a page.
    Html503,
    /// HTTP 200 with a page that holds the word `good`.
    Html200,
    /// HTTP 401, whatever the password.
    Unauthorized,
    /// Stores this address instead of the one sent and says so, as the legacy host did in 2026-04.
    WrongEcho(IpAddr),
    /// The connection closes without a byte of reply.
    CloseBeforeReply,
    /// The right reply, late.
    Delay(Duration),
    /// The record is changed, the reply never comes.
    ApplySilently,
    /// What answers speaks HTTP without TLS.
    PlainHttp,
    /// TCP is accepted and closed at once.
    CloseAccept,
    /// The certificate is not to be trusted.
    Certificate(Wrong),
}

impl Fault {
    /// Whether it strikes before a request, and so a login, is known.
    fn strikes_connections(&self) -> bool {
        matches!(
            self,
            Self::HangAccept
                | Self::LateAccept(_)
                | Self::CloseAccept
                | Self::PlainHttp
                | Self::Certificate(_)
        )
    }
}

/// A fault, for whom and how often it strikes.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What happens.
    pub fault: Fault,
    /// Only to requests of this login; faults of connections strike everyone.
    pub login: Option<String>,
    /// To so many requests (or connections), then no more; `None` means until cleared.
    pub times: Option<u32>,
}

/// The faults to come, in the order they were planned.
#[derive(Debug, Default)]
pub struct FaultPlan {
    planned: Vec<Planned>,
}

impl FaultPlan {
    /// Adds one at the end.
    pub fn add(&mut self, planned: Planned) {
        self.planned.push(planned);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.planned.clear();
    }

    /// What strikes the next connection.
    pub fn next_for_connection(&mut self) -> Option<Fault> {
        self.take(|planned| planned.fault.strikes_connections())
    }

    /// What strikes the next request of this login.
    pub fn next_for_request(&mut self, login: Option<&str>) -> Option<Fault> {
        self.take(|planned| {
            !planned.fault.strikes_connections()
                && planned.login.as_deref().is_none_or(|only| Some(only) == login)
        })
    }

    fn take(&mut self, strikes: impl Fn(&Planned) -> bool) -> Option<Fault> {
        let exhausted = |planned: &Planned| planned.times == Some(0);
        self.planned.retain(|planned| !exhausted(planned));
        let planned = self.planned.iter_mut().find(|planned| strikes(planned))?;
        planned.times = planned.times.map(|left| left - 1);
        Some(planned.fault.clone())
    }
}
