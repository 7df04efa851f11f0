//! Does the lab itself do what it says?

mod api;
mod faults;
mod network;
mod process;
mod service;
