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

// What many rooms use; a room uses only those above it (tests/tidy/rooms.rs).
mod punycode;
mod json;
pub mod text;
pub mod net;
// Texts from outside: OpenWrt's configuration syntax and its messages.
pub mod uci;
pub mod ubus;
// Which address is the WAN address.
pub mod address;
// What the user wants.
pub mod config;
// How names are looked up, what is sent to the provider, and what comes back.
pub mod dns;
pub mod provider;
// What ends the process, how one that stays is asked by the others, and the command line.
pub mod error;
pub mod poke;
pub mod cli;
// The judgement, what it knows, and how it is shown.
pub mod judge;
pub mod state;
mod fingerprint;
pub mod view;
// The provider's other door: identifiers and records, made by its REST API.
#[cfg(feature = "ovh")]
pub mod ovh;
// What stands in the way of a name, found by asking everybody on it.
#[cfg(feature = "doctor")]
pub mod doctor;
// How OpenWrt's ubus asks, and LuCI's page through it.
#[cfg(feature = "rpcd")]
pub mod rpcd;
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
