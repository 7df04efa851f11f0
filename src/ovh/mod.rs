//! OVHcloud's REST API, which creates what the guide creates by hand: all of it but the sending.
//!
//! ```text
//! ovh.conf, environment -> credentials -> signature \
//! setup -> plan(wanted, existing) -> actions -> call -> (exchange) -> values, or error -> sentence
//! ```
//!
//! In scope: what is asked and what the answers mean. Out of scope: HTTP, files, the clock and
//! randomness, which the caller has; all calls go by [`exchange::Exchange`].

pub mod api;
pub mod call;
pub mod credentials;
pub mod error;
pub mod exchange;
pub mod headers;
pub mod ini;
pub mod names;
pub mod pace;
pub mod plan;
pub mod rights;
pub mod setup;
pub mod signature;
pub mod values;
