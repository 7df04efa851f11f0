//! Everything that can block, fail, or differ between machines; not in here means pure.
#![allow(clippy::disallowed_methods, reason = "the edge that the guard keeps the rest away from")]

pub(crate) mod announcements;
mod ask;
pub mod authoritative;
mod authorities;
pub(crate) mod background;
pub(crate) mod calls;
mod cancel;
pub mod clock;
pub mod dns;
pub mod config_file;
#[cfg(feature = "ovh")]
pub mod exchange;
pub mod files;
mod gate;
pub mod hooks;
pub mod http;
#[cfg(feature = "rpcd")]
pub mod input;
#[cfg(feature = "rpcd")]
pub mod job;
pub mod keeper;
mod link;
mod look_ups;
pub mod log;
#[cfg(feature = "natpmp")]
mod natpmp;
mod netifd;
pub mod netlink;
pub(crate) mod news;
pub mod notify;
#[cfg(feature = "ovh")]
pub mod ovh_conf;
pub mod owners;
pub(crate) mod poll;
#[cfg(feature = "doctor")]
pub mod probe;
pub mod process;
pub mod program;
mod question;
#[cfg(feature = "ovh")]
pub mod random;
mod refusal;
mod session;
pub mod signals;
pub(crate) mod slow;
pub mod sources;
#[cfg(feature = "upnp")]
mod ssdp;
pub mod state_dir;
mod tcp;
#[cfg(feature = "ovh")]
pub mod terminal;
mod tls;
pub mod ubus;
pub(crate) mod verify;
pub mod wake;
#[cfg(feature = "web")]
mod web;
