//! Keeps OVHcloud DynHost names pointing at the address of the line this device is on.
//!
//! Five nouns and one judgement: an **address** arrives, [`judge`] says send or wait and what
//! happened, the **request** goes out, the **reply** comes back, [`judge`] learns from it, and the
//! next **state** is saved and shown.
//!
//! ```text
//! io/netlink -> address -> judge -> request -> io/calls -> io/http
//! io/ubus    /             ^ | ^ \-> wait                     |
//!                          | | \------------- reply <---------/
//! io/state_dir <-> state <-/ \-> events -> view -> log, line of `update`, io/hooks
//! ```
//!
//! [`io`] is everything that can block, fail, or differ between machines; `pass`, `run` and
//! [`commands`] are where both sides meet; every other module is pure: no clock, no file, no
//! environment, no randomness (`clippy.toml` and `tests/tidy/edge.rs` guard it). The rooms one by
//! one are in `docs/architecture.md`.

/// A debug line. `log::debug!` is compiled out of the release together with the hundreds of
/// debug lines of the libraries, which weigh 14 KB on MIPS and may hold what nobody should read.
macro_rules! debug {
    ($($argument:tt)+) => {
        if log::max_level() >= log::LevelFilter::Debug {
            log::logger().log(
                &log::Record::builder()
                    .level(log::Level::Debug)
                    .target($crate::LOG)
                    .args(format_args!($($argument)+))
                    .build(),
            );
        }
    };
}

// What the user says: the command line and the configuration.
pub mod cli;
pub mod uci;
mod punycode;
pub mod config;
// Which address is the WAN address, and where OpenWrt says to look for it.
pub mod address;
pub mod ubus;
// The judgement, and what it knows.
pub mod judge;
pub mod state;
mod fingerprint;
// What is sent to the provider, what comes back, and how its name is looked up.
pub mod provider;
pub mod dns;
// How one that stays is asked by the others.
pub mod poke;
// The same for OpenWrt's ubus, where LuCI's page asks.
#[cfg(feature = "rpcd")]
pub mod rpcd;
// The provider's other door: identifiers and records, made by its REST API.
#[cfg(feature = "ovh")]
pub mod ovh;
// What the user sees.
pub mod view;
// What stands in the way of a name, found by asking everybody on it.
#[cfg(feature = "doctor")]
pub mod doctor;
mod json;
pub mod text;
pub mod error;
// The edge, and where both sides meet.
pub mod io;
mod pass;
mod run;
pub mod commands;

/// Seconds since 1970-01-01 00:00 UTC, as the wall clock has them.
pub type Time = u64;

/// The wall clock cannot be earlier than this release, 2026-11-23: a clock before it is not set.
pub const RELEASED: Time = 1_795_392_000;

/// The name in front of every line of the log; the module that wrote it helps nobody.
const LOG: &str = "dynhost";
