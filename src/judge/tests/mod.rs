//! Timetables: at this second this is sent and answered so, at that second nothing is.

mod clock;
mod events;
mod facts;
mod ladders;
mod rules;
mod timetable;

use std::net::IpAddr;

use super::*;
use crate::provider::failure::Failure;
use crate::provider::failure::Failure::{
    Clock, Expired, Interrupted, Malformed, Refused, Resolve, Untrusted,
};
use timetable::{Sending, Timetable, at_once};

const MINUTE: Time = 60;
const HOUR: Time = 3600;
const DAY: Time = 86_400;

/// Addresses of the line.
const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 10));
const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 20));
const C: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 30));

/// Words of rejection that a probe may follow, and the two statuses that mean one.
const PROBED: [&str; 9] =
    ["badauth", "nohost", "!yours", "!active", "notfqdn", "numhost", "!donator", "401", "403"];
/// Words after which nothing is sent before the user acts.
const FINAL: [&str; 6] = ["abuse", "badagent", "badsys", "badparam", "badop", "numip"];
