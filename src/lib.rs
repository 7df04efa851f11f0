//! Keeps OVHcloud DynHost names pointing at the address of the line this device is on.
//!
//! Five nouns and two pure functions: an **address** arrives, [`agent::decide`] says update or
//! wait, the **request** goes out, the **reply** comes back, [`agent::record`] makes the next
//! **state**.
//!
//! ```text
//! io/netlink -> address -> decide -> request -> io/http
//!                           ^  \-> wait             \
//! io/files  <-> state <-- record <---- reply <-------
//! ```
//!
//! [`io`] is everything that can block, fail, or differ between machines; [`pass`] and [`run`] are
//! where both sides meet; every other module is pure: no clock, no file, no environment, no
//! randomness (`clippy.toml` guards it).

pub mod address;
pub mod agent;
pub mod backoff;
pub mod cli;
pub mod config;
pub mod error;
pub mod failure;
pub mod fingerprint;
pub mod io;
pub mod pass;
pub mod reply;
pub mod retry_after;
pub mod request;
pub mod state;
pub mod status;
pub mod text;
pub mod uci;

/// Seconds since 1970-01-01 00:00 UTC, as the wall clock has them.
pub type Time = u64;

/// The wall clock cannot be earlier than this release, 2026-11-23: a clock before it is not set.
pub const RELEASED: Time = 1_795_392_000;
