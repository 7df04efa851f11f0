//! The hostile room: another user on the device, and files that are not what they should be.
//!
//! The state directory and the configuration are those of a package: the directory open to all
//! eyes, the configuration to root's alone. What could make root signal others is tried in a room
//! of its own (support/room.rs).

mod files;
mod fifos;
mod flood;
mod foreign;
mod gone;
mod keeper;
mod locks;
mod reload;
mod screen;
mod secrets;
mod warnings;
mod ways;
