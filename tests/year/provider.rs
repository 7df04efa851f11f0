//! The provider of a simulated year: it keeps the true record, and has its moods.

use std::net::IpAddr;

use dynhost::judge::Outcome;
use dynhost::provider::failure::Failure;
use dynhost::provider::reply;

use super::dice::Dice;
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

impl Mood {
    /// A misfortune.
    pub fn draw(dice: &mut Dice) -> Self {
        use Failure::{
            Closed, ConnectTimeout, Malformed, Refused, ReplyTimeout, Resolve, Tls, TooLarge,
            Unreachable, Untrusted,
        };
        let retry_after = match dice.between(0, 3) {
            0 => None,
            1 => Some(0),
            2 => u32::try_from(dice.span(60, 2 * 86_400)).ok(),
            _ => Some(7200),
        };
        let quiet = dice.pick(&[ReplyTimeout, Closed, Malformed, TooLarge]);
        match dice.between(0, 9) {
            0 | 1 => Self::Away(dice.pick(&[
                Resolve,
                Refused,
                Unreachable,
                ConnectTimeout,
                Untrusted,
                Tls,
            ])),
            2 => Self::Silent(quiet),
            3 => Self::Deaf(quiet),
            4 => Self::Troubled { status: 200, body: dice.pick(&["911", "dnserr\n"]), retry_after },
            5 => Self::Troubled {
                status: dice.pick(&[429, 500, 502, 503]),
                body: "good",
                retry_after,
            },
            6 => {
                let (status, body) = dice.pick(&[
                    (200, "<html>good</html>"),
                    (200, ""),
                    (200, "goodbye"),
                    (202, "good"),
                    (302, "<html>moved"),
                    (404, "<html>nohost"),
                ]);
                Self::Puzzling { status, body }
            }
            7 => Self::Muddled,
            8 => {
                let (status, body) = dice.pick(&[
                    (200, "badauth"),
                    (200, "nohost"),
                    (200, "!yours"),
                    (200, "NOTFQDN"),
                    (403, "<html>"),
                    (404, r#"{"class":"X","message":"No record found"}"#),
                ]);
                Self::Rejecting { status, body, may_probe: true }
            }
            _ => {
                let (status, body) = dice.pick(&[
                    (200, "abuse"),
                    (200, "badagent"),
                    (200, "badsys"),
                    (400, r#"{"class":"X","message":"{'myip': ['Invalid ip']}"}"#),
                ]);
                Self::Rejecting { status, body, may_probe: false }
            }
        }
    }
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
                let heard = match status {
                    500..=599 => Heard::Hiccup { retry_after },
                    _ => Heard::Unavailable { retry_after },
                };
                replied(status, retry_after, body, (sent, heard))
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
