//! The slow room: parties that hang, each in a way of its own, and keep nobody else waiting.

mod given_up;
mod news;
mod once;
mod others;
mod reconnect;
mod sums;
