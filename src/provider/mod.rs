//! The provider: what is sent to it, what comes back, and why nothing may.
//!
//! ```text
//! config::Host, addresses -> request -> (io) -> status, Retry-After, body -> reply -> judge
//!                                          \-> failure, where nothing came back ----/
//! ```

pub mod extract;
pub mod failure;
pub mod reply;
pub mod request;
pub mod retry_after;
