//! Which address the program publishes of the lines it finds, and which it refuses.

pub mod bind;
mod crowd;
mod devices;
mod dhcp;
mod ipv6;
mod renumbering;
mod sources;
mod special;
