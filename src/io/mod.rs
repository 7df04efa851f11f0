//! Everything that can block, fail, or differ between machines; not in here means pure.
#![allow(clippy::disallowed_methods, reason = "this is the edge that the guard keeps the rest from")]

pub mod clock;
pub mod files;
pub mod http;
mod tcp;
mod tls;
