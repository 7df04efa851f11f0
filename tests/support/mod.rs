//! What the integration tests stand on: a provider, the agent's process, a network of one's own.

pub mod agent;
pub mod background;
pub mod client;
pub mod crowd;
pub mod gateway;
pub mod lab;
pub mod netifd;
pub mod netns;
pub mod random;
pub mod room;
pub mod stage;
pub mod stranger;
pub mod temp;
pub mod ubus;
pub mod ubusd;
