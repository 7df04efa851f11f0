//! What `check` and `status` say beside faults and records: what works, but not as one may think.

use crate::address::Family;
use crate::config::{Config, Host, HostEntry, Uplink};
use crate::io::dns::Names;
use crate::io::sources::Sources;
use crate::provider::failure::Failure;

/// A line for each thing to know of these hosts, or of all.
pub(super) fn notes(config: &Config, hosts: &[String]) -> String {
    let is_named =
        |host: &Host| hosts.is_empty() || hosts.iter().any(|name| host.name == name.as_str());
    let asks = |host: &Host| host.bind || matches!(host.uplink, Uplink::Interface(_));
    let notes = each(
        config,
        |host| asks(host) && is_named(host),
        |host, sources| {
            let bound = of_bind(host, sources);
            of_sharing(host, sources).into_iter().chain(bound).collect()
        },
    );
    notes.into_iter().map(|note| note + "\n").collect()
}

/// What `bind` cannot do; of a shared address is told when it is published.
pub(super) fn of_binding(config: &Config) -> Vec<String> {
    each(config, |host| host.bind, |host, sources| of_bind(host, sources).into_iter().collect())
}

fn each(
    config: &Config,
    is_meant: impl Fn(&Host) -> bool,
    note: impl Fn(&Host, &mut Sources) -> Vec<String>,
) -> Vec<String> {
    let enabled = config.hosts.iter().filter_map(HostEntry::usable).filter(|host| host.enabled);
    let mut meant = enabled.filter(|host| is_meant(host)).peekable();
    // Without the kernel's tables the pass itself says what is wrong.
    let Some(Ok(mut sources)) = meant.peek().map(|_| Sources::open()) else {
        return Vec::new();
    };
    let named = |host: &Host| {
        sources.ask_netifd(host);
        let notes = note(host, &mut sources).into_iter();
        notes.map(|note| format!("{}: {note}", host.name)).collect::<Vec<_>>()
    };
    meant.flat_map(named).collect()
}

fn of_sharing(host: &Host, sources: &mut Sources) -> Option<String> {
    let is_asked = host.families.contains(&Family::Ipv4);
    let shared = is_asked.then(|| sources.shared(host, None)).flatten()?;
    Some(shared.to_string())
}

/// What `bind` cannot do for this host.
fn of_bind(host: &Host, sources: &mut Sources) -> Option<String> {
    if !host.bind {
        return None;
    }
    let mut exits = host.families.iter().map(|family| sources.exit(host, *family));
    let exit = match exits.find(Result::is_err) {
        None => sources.exit(host, *host.families.first()?).ok()?,
        Some(Err(Failure::NoIpv4)) => {
            return Some(format!(
                "{}, and bind lets its traffic take no other: name an interface that has IPv4",
                Failure::NoIpv4
            ));
        }
        Some(_) => return None,
    };
    let server = Names { servers: exit.dns, ..Names::default() }.asks_locally()?;
    Some(format!(
        "look-ups choose their own way in spite of bind, as the DNS server {server} in \
         /etc/resolv.conf is this machine: name those of the line there"
    ))
}
