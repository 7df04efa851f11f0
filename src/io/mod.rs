//! Everything that can block, fail, or differ between machines; not in here means pure.

#![allow(clippy::disallowed_methods)]

pub mod ubus;
