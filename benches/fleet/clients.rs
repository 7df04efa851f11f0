//! The clients: when each sends again after an answer.

use std::net::{IpAddr, Ipv4Addr};

use dynhost::address::{Found, NoAddress};
use dynhost::judge::{Action, Jitter, Outcome, Past, Rules, begin, judge, learn};
use dynhost::provider::failure::Failure;
use dynhost::provider::reply;
use dynhost::{RELEASED, Time};

use crate::provider::Answer;

/// A client after a power cut: it sends when its line is up, and then by what it is answered.
pub trait Client {
    /// Milliseconds until it sends again; `None` if it has nothing more to send. `now` is when the
    /// answer came, in milliseconds.
    fn after(&mut self, now: u64, answer: Answer) -> Option<u64>;
}

/// `retry_interval` 60, `retry_max_count` 0: any failure, a minute, for ever.
pub struct DdnsScripts;
/// `period` 600: any failure is repeated by the next check.
pub struct Inadyn;
/// `daemon=300`: the same each five minutes.
pub struct Ddclient;

impl Client for DdnsScripts {
    fn after(&mut self, _: u64, answer: Answer) -> Option<u64> {
        each(60, answer)
    }
}

impl Client for Inadyn {
    fn after(&mut self, _: u64, answer: Answer) -> Option<u64> {
        each(600, answer)
    }
}

impl Client for Ddclient {
    fn after(&mut self, _: u64, answer: Answer) -> Option<u64> {
        each(300, answer)
    }
}

fn each(seconds: u64, answer: Answer) -> Option<u64> {
    (!matches!(answer, Answer::Good)).then_some(seconds * 1000)
}

/// The judgement of this project.
pub struct Dynhost {
    past: Past,
    rules: Rules,
}

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(81, 2, 69, 10));

impl Dynhost {
    /// The agent of a device of this number.
    pub fn new(device: u32) -> Self {
        let jitter = Jitter(device);
        let rules = Rules { enabled: true, needs_clock: true, jitter, ..Rules::default() };
        Self { past: Past::default(), rules }
    }
}

impl Client for Dynhost {
    fn after(&mut self, now: u64, answer: Answer) -> Option<u64> {
        // The agent's clock has whole seconds, and so have its waits.
        let now: Time = RELEASED + now / 1000;
        let begun = begin(now, &self.past, ADDRESS);
        let learnt = learn(now, &begun, ADDRESS, &outcome(answer));
        let found: Result<_, NoAddress> =
            Ok(Found { address: ADDRESS, device: None, source: "interface" });
        let step = judge(now, self.rules, &learnt, &found);
        self.past = step.past;
        match step.action {
            Action::Send(_) => Some(0),
            Action::Wait(wait) => wait.until.map(|until| (until - now) * 1000),
        }
    }
}

fn outcome(answer: Answer) -> Outcome {
    let reply = |status, retry_after, body: &[u8]| {
        Outcome::Replied(reply::read(status, retry_after, body, ADDRESS))
    };
    match answer {
        Answer::Good => reply(200, None, b"good 81.2.69.10"),
        Answer::BadAuth => reply(401, None, b"badauth"),
        Answer::Busy { status, retry_after } => reply(status, retry_after, b""),
        Answer::Refused => Outcome::Failed(Failure::Refused),
        Answer::Silence => Outcome::Failed(Failure::ConnectTimeout),
    }
}
