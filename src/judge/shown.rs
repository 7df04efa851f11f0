//! What the user sees of a record: derived at each judgement, and asked by none.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::clock::ClockSet;
use super::decide::{Action, Wait, Why};
use super::past::Past;
use crate::Time;
use crate::address::{DeviceName, Found, NoAddress};
use crate::provider::failure::Failure;
use crate::text::{Text, name, text};

/// The reason of a record that waits for the flap limit.
pub(super) const FLAPPING: &str = "the address changes too often: the next update waits so that \
                                   the provider does not take it for abuse";

/// What the user sees of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What it is doing.
    pub phase: Phase,
    /// Why the name is not current; empty if it is.
    pub reason: Text,
    /// The WAN address.
    pub address: Option<IpAddr>,
    /// The device that carries it.
    pub device: Option<DeviceName>,
    /// The source that named it.
    pub source: Option<SourceName>,
    /// When the next look is due; `None` if only an event or the user changes anything.
    pub next_at: Option<Time>,
}

/// The name of an address source, as in `list source`.
pub type SourceName = heapless::String<16>;

/// `state` of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The published address is the WAN address.
    Current,
    /// An update is due but waits: for the flap limit, for the clock, or for its turn.
    #[default]
    Pending,
    /// The last update failed and will be repeated.
    Backoff,
    /// The provider rejected the update: the user must act.
    Held,
    /// There is no address that may be published.
    NoAddress,
    /// Switched off, or taken out by a fault in the configuration.
    Disabled,
}

impl Shown {
    pub(super) fn of(
        now: Time,
        past: &Past,
        found: &Result<Found, NoAddress>,
        action: Action,
    ) -> Self {
        let (phase, next_at) = match action {
            Action::Send(_) => (Phase::Pending, Some(now)),
            Action::Wait(Wait { until, why }) => (why.phase(), until),
        };
        let reason = reason(past, found, action);
        let found = found.as_ref().ok();
        Self {
            phase,
            reason,
            address: found.map(|found| found.address),
            device: found.and_then(|found| found.device.as_ref()).map(name),
            source: found.and_then(|found| found.source.try_into().ok()),
            next_at,
        }
    }

    /// The same after the wall clock was set.
    #[must_use]
    pub fn clock_was_set(&self, set: ClockSet) -> Self {
        Self { next_at: self.next_at.map(|at| set.ahead(at)), ..self.clone() }
    }

    /// A record of which nothing is known yet.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            phase: Phase::Pending,
            reason: Text::new(),
            address: None,
            device: None,
            source: None,
            next_at: None,
        }
    }
}

fn reason(past: &Past, found: &Result<Found, NoAddress>, action: Action) -> Text {
    let why = match action {
        Action::Send(address) => return text(format_args!("an update to {address} is due")),
        Action::Wait(Wait { why, .. }) => why,
    };
    match (why, found) {
        (Why::Current, _) | (Why::NoAddress, Ok(_)) => Text::new(),
        (Why::Disabled, _) => text(format_args!("switched off by option enabled")),
        (Why::NoAddress, Err(reason)) => text(format_args!("{reason}")),
        (Why::UnderWay, _) => on_its_way(past),
        (Why::Flapping, _) => text(format_args!("{FLAPPING}")),
        (Why::Clock, _) => text(format_args!("{}", Failure::Clock.sentence())),
        (Why::Held | Why::Backoff, _) => {
            past.last().map_or_else(Text::new, super::Attempt::explained)
        }
    }
}

fn on_its_way(past: &Past) -> Text {
    match past.under_way() {
        Some(address) => text(format_args!("an update to {address} is on its way")),
        None => Text::new(),
    }
}

impl Why {
    fn phase(self) -> Phase {
        match self {
            Self::Disabled => Phase::Disabled,
            Self::NoAddress => Phase::NoAddress,
            Self::Held => Phase::Held,
            Self::Current => Phase::Current,
            Self::Backoff => Phase::Backoff,
            Self::Flapping | Self::Clock | Self::UnderWay => Phase::Pending,
        }
    }
}

impl Phase {
    /// The phase as it stands in the state file.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Pending => "pending",
            Self::Backoff => "backoff",
            Self::Held => "held",
            Self::NoAddress => "no-address",
            Self::Disabled => "disabled",
        }
    }
}
