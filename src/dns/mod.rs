//! From a name to addresses: what is asked of a name server, and what its answer is worth.
//!
//! ```text
//! /etc/hosts       -> hosts::find -> addresses
//! /etc/resolv.conf -> resolv_conf::read -> servers
//! Question -> io/dns -> Question::judge -> Answer -> LookUp -> addresses, another name, or why not
//! ```
//!
//! In scope: addresses of absolute names, by servers that do the looking up, and what the servers
//! that hold a zone say themselves ([`authority`]). Out of scope: search
//! lists, caches, DNSSEC, EDNS (what does not fit 512 bytes comes over TCP).

use std::net::IpAddr;

pub mod authority;
pub mod hosts;
mod look_up;
mod message;
pub mod resolv_conf;

pub use look_up::{LookUp, Outcome};
pub use message::{Answer, MESSAGE_MAX, QUESTION_MAX, Question, Subject};

/// Addresses kept of one name; further ones are left out (ureq keeps 16).
pub const MAX_ADDRESSES: usize = 16;
/// Addresses of one name, those of IPv4 first.
pub type Addresses = heapless::Vec<IpAddr, MAX_ADDRESSES>;

/// Characters of a name without its last dot (RFC 1035, section 2.3.4).
pub const NAME_MAX: usize = 253;
/// A name without its last dot.
pub type Name = heapless::String<NAME_MAX>;

/// Whether these are the same name: letters are, whatever their case, and the last dot is optional.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// Whether a question to this address stays on this machine.
#[must_use]
pub fn is_local(address: &IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

/// `localhost` and what is below it: this machine, whatever a server says (RFC 6761, section 6.3).
#[must_use]
pub fn is_localhost(name: &str) -> bool {
    let last = name.trim_end_matches('.').rsplit('.').next();
    last.is_some_and(|label| is_same(label, "localhost"))
}
