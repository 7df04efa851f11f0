//! Which hosts and records a look is about, and in which order they have their turn.

use super::edge::Key;
use crate::cli::UpdateOptions;
use crate::config::{Config, Host, HostEntry, Uplink};
use crate::error::Error;
use crate::state::State;
use crate::ubus;

/// The host of this name, unless a fault has taken it out.
pub(super) fn usable<'c>(config: &'c Config, name: &str) -> Option<&'c Host> {
    config.hosts.iter().filter_map(HostEntry::usable).find(|host| host.name == name)
}

/// The records that `options` select: those that work before those that failed last, whose call
/// may hang.
pub(super) fn turns(config: &Config, state: &State, options: &UpdateOptions) -> Vec<Key> {
    let failures =
        |name: &str, family| state.record(name, family).map_or(0, |record| record.past.failures());
    let mut turns = Vec::new();
    let selected = config.hosts.iter().filter(|entry| is_selected(entry, options));
    for host in selected.filter_map(HostEntry::usable) {
        turns.extend(host.families.iter().map(|family| (host.name.clone(), *family)));
    }
    turns.sort_by_key(|(name, family)| failures(name, *family));
    turns
}

pub(super) fn check_names(config: &Config, hosts: &[String]) -> Result<(), Error> {
    let names = || config.hosts.iter().map(HostEntry::name);
    match hosts.iter().find(|host| !names().any(|name| name == *host)) {
        None => Ok(()),
        Some(unknown) => {
            let known = names().collect::<Vec<_>>().join(", ");
            Err(Error::Usage(format!("no host '{unknown}' is configured, only: {known}")))
        }
    }
}

/// Whether a pass covers this host. With `--interface` those are left out that are known to be on
/// another interface; of a device or the default route only a look tells.
pub(super) fn is_selected(entry: &HostEntry, options: &UpdateOptions) -> bool {
    let named = options.hosts.is_empty() || options.hosts.iter().any(|name| name == entry.name());
    let on_interface = match (entry, &options.interface) {
        (HostEntry::Usable(host), Some(event)) => match &host.uplink {
            Uplink::Interface(configured) => ubus::covers(configured, event),
            Uplink::DefaultRoute | Uplink::Device(_) => true,
        },
        (HostEntry::Usable(_) | HostEntry::Faulty { .. }, _) => true,
    };
    named && on_interface
}
