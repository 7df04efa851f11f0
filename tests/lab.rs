//! Does the lab itself do what it says?

mod faults;
mod network;
mod process;
mod service;
