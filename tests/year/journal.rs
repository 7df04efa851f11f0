//! What happened in a year, as somebody saw it who knows both sides: what the invariants read.

use std::net::IpAddr;

use dynhost::Time;
use dynhost::judge::Phase;

/// A year of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// The provider is reached over TLS.
    pub tls: bool,
    /// `option refresh_days`.
    pub refresh_days: u64,
    /// The longest time between two looks, in seconds.
    pub idle_seconds: u64,
    /// True time, which no clock of the device shows, and what happened then; in order.
    pub entries: Vec<(Time, Entry)>,
    /// When the year was over.
    pub end: Time,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// The line has this address from now on, or none.
    Line(Option<IpAddr>),
    /// Whether the provider would store an update now, and the device's clock is right.
    Weather {
        fair: bool,
        clock_right: bool,
    },
    /// The clock moved ahead that far, or back (0); a running agent was told.
    Clock {
        ahead: u64,
        told: bool,
    },
    /// The device loses its power.
    Off,
    /// What the agent knew is gone, by accident or by its user.
    Released(Release),
    /// `option enabled`.
    Enabled(bool),
    Sent(Sent),
    Shown(Shown),
    /// The agent looks again and again at the same instant.
    Spins,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Release {
    /// The state is lost.
    Lost,
    /// The account is another one.
    Mended,
    /// `dynhost resume`.
    Resumed,
}

/// One update.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub address: IpAddr,
    pub forced: bool,
    /// The device's clock.
    pub wall: Time,
    pub ended: Time,
    pub heard: Heard,
    /// What the provider's record is after it.
    pub provider_has: Option<IpAddr>,
}

/// What an update came to, as the provider's side knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    Stored,
    Rejected {
        may_probe: bool,
    },
    Unavailable {
        retry_after: Option<u32>,
    },
    /// A front end answered 5xx for the provider.
    Hiccup {
        retry_after: Option<u32>,
    },
    NotUnderstood,
    /// No answer; perhaps the request arrived.
    Failed {
        arrived: bool,
    },
    /// The certificate seems to have run out.
    Expired,
    /// The certificate is not valid yet.
    TooEarly,
    /// The agent died between its note of the update and that of the outcome.
    Died,
}

impl Heard {
    /// Whether the provider may have seen the request.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Failed { arrived: false } | Self::Expired | Self::TooEarly)
    }
}

/// The record after a pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub wall: Time,
    pub phase: Phase,
    pub has_reason: bool,
    /// Lines that the log has of it, as each event is told once a change.
    pub lines: usize,
    /// What the record says the provider has, unless it says that it is not sure.
    pub certain: Option<IpAddr>,
    pub next_at: Option<Time>,
}
