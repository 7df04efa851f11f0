//! Which address the program publishes of the lines it finds, and which it refuses.

mod bind;
mod devices;
mod ipv6;
mod sources;
mod special;
