//! Which address is the WAN address: from rtnetlink bytes to one address, or the reason for none.

pub mod auto;
pub mod cadence;
#[cfg(all(test, target_endian = "little"))]
mod captured;
pub mod command;
pub mod gateway;
pub mod natpmp;
pub mod flaw;
mod no_address;
mod no_answer;
mod no_interface;
mod renewal;
pub mod rtnetlink;
pub mod select;
pub mod source;
pub mod special;
pub mod suffix;
pub mod uplink;
pub mod upnp;
pub mod web;

pub use no_address::NoAddress;
pub use no_answer::NoAnswer;
pub use no_interface::NoInterface;

use std::net::IpAddr;

pub use crate::net::{DeviceName, Family};

/// An address that may be published, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The address itself.
    pub address: IpAddr,
    /// The device that carries it; `None` if a source other than the kernel named it.
    pub device: Option<DeviceName>,
    /// The source that named it, as in `list source`.
    pub source: &'static str,
}
