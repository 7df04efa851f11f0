//! The provider of a simulated year: it keeps the true record, and has its moods.

use std::net::IpAddr;

use dynhost::agent::Outcome;
use dynhost::failure::Failure;
use dynhost::reply;

use super::journal::Heard;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mood {
    Well,
    /// Nothing gets through.
    Away(Failure),
    /// Stores the address, and then no answer arrives.
    Silent(Failure),
    /// Takes the request, and neither stores nor answers.
    Deaf(Failure),
    Troubled {
        status: u16,
        body: &'static str,
        retry_after: Option<u32>,
    },
    Puzzling {
        status: u16,
        body: &'static str,
    },
    /// Stores the address it sees instead of the one it was sent.
    Muddled,
    Rejecting {
        status: u16,
        body: &'static str,
        may_probe: bool,
    },
}

pub struct Provider {
    pub mood: Mood,
    pub knows_login: bool,
    pub record: Option<IpAddr>,
}

pub struct Answer {
    pub outcome: Outcome,
    pub heard: Heard,
    pub seconds: u64,
}

impl Provider {
    pub fn is_well(&self) -> bool {
        self.mood == Mood::Well && self.knows_login
    }

    pub fn ask(&mut self, sent: IpAddr) -> Answer {
        match self.mood {
            Mood::Away(failure) => failed(failure, 1, Heard::Failed { arrived: false }),
            Mood::Silent(failure) => {
                self.record = Some(sent);
                failed(failure, 30, Heard::Failed { arrived: true })
            }
            Mood::Deaf(failure) => failed(failure, 30, Heard::Failed { arrived: true }),
            Mood::Troubled { status, body, retry_after } => {
                replied(status, retry_after, body, (sent, Heard::Unavailable { retry_after }))
            }
            Mood::Puzzling { status, body } => {
                replied(status, None, body, (sent, Heard::NotUnderstood))
            }
            Mood::Rejecting { status, body, may_probe } => {
                replied(status, None, body, (sent, Heard::Rejected { may_probe }))
            }
            Mood::Well | Mood::Muddled if !self.knows_login => {
                replied(401, None, "", (sent, Heard::Rejected { may_probe: true }))
            }
            Mood::Muddled => {
                self.record = "81.2.68.1".parse().ok();
                replied(200, None, "good 81.2.68.1", (sent, Heard::NotUnderstood))
            }
            Mood::Well => {
                let word = if self.record == Some(sent) { "nochg" } else { "good" };
                self.record = Some(sent);
                replied(200, None, &format!("{word} {sent}\r\n"), (sent, Heard::Stored))
            }
        }
    }
}

pub fn failed(failure: Failure, seconds: u64, heard: Heard) -> Answer {
    Answer { outcome: Outcome::Failed(failure), heard, seconds }
}

fn replied(
    status: u16,
    retry_after: Option<u32>,
    body: &str,
    (sent, heard): (IpAddr, Heard),
) -> Answer {
    let reply = reply::read(status, retry_after, body.as_bytes(), sent);
    Answer { outcome: Outcome::Replied(reply), heard, seconds: 1 }
}
