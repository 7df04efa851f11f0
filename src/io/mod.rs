//! Everything that can block, fail, or differ between machines; not in here means pure.

#![allow(clippy::disallowed_methods)] // clocks, files, programs and sockets are what io is for

pub mod netlink;
pub mod program;
