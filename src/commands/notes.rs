//! What `check` and `status` say beside faults and records.

use crate::config::{Config, Host, HostEntry};
use crate::io::dns::Names;
use crate::io::sources::Sources;

/// A line for each of these hosts, or of all, that `bind` does not cover in full.
pub(super) fn notes(config: &Config, hosts: &[String]) -> Vec<String> {
    let is_named =
        |host: &&Host| hosts.is_empty() || hosts.iter().any(|name| host.name == name.as_str());
    let bound = config.hosts.iter().filter_map(HostEntry::usable).filter(is_named);
    let mut bound = bound.filter(|host| host.enabled && host.bind).peekable();
    // Without the kernel's tables the pass itself says what is wrong.
    let Some(Ok(mut sources)) = bound.peek().map(|_| Sources::open()) else {
        return Vec::new();
    };
    let note = |host: &Host| {
        let names = Names { device: None, servers: sources.dns(host)? };
        let server = names.asks_locally()?;
        Some(format!(
            "{}: look-ups choose their own way in spite of bind, as the DNS server {server} in \
             /etc/resolv.conf is this machine: name those of the line there\n",
            host.name
        ))
    };
    bound.filter_map(note).collect()
}
