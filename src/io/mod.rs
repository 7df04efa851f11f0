//! Everything that can block, fail, or differ between machines; not in here means pure.
#![allow(clippy::disallowed_methods, reason = "the edge that the guard keeps the rest away from")]

mod ask;
mod authorities;
pub(crate) mod background;
pub(crate) mod calls;
pub mod clock;
pub mod dns;
pub mod config_file;
pub mod files;
mod gate;
pub mod hooks;
pub mod http;
#[cfg(feature = "rpcd")]
pub mod input;
mod link;
pub mod log;
pub mod netlink;
pub(crate) mod news;
pub mod notify;
pub mod owners;
pub(crate) mod poll;
pub mod process;
pub mod program;
mod refusal;
mod session;
pub mod signals;
pub(crate) mod slow;
pub mod sources;
pub mod state_dir;
mod tcp;
mod tls;
pub mod ubus;
pub mod wake;
