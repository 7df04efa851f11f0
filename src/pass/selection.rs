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

/// Whether each of these names is a host's.
///
/// # Errors
/// [`Error::Usage`] names the first that is none, and those that are.
pub(crate) fn check_names(config: &Config, hosts: &[String]) -> Result<(), Error> {
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
            Uplink::Interface(own) => own.iter().any(|name| ubus::covers(name, event)),
            Uplink::DefaultRoute | Uplink::Device(_) => true,
        },
        (HostEntry::Usable(_) | HostEntry::Faulty { .. }, _) => true,
    };
    named && on_interface
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{self, Outcome};
    use crate::state::{Fingerprint, Record};

    fn config() -> Config {
        let host = |name: &str, more: &str| {
            format!(
                "config host '{name}'\n\toption hostname '{name}.example.com'\n\
                 \toption username 'u'\n\toption password 'p'\n{more}"
            )
        };
        let text = [
            host("route", ""),
            host("wan", "\toption interface 'wan'\n\tlist family 'ipv4'\n\tlist family 'ipv6'\n"),
            host("lte", "\toption interface 'lte'\n"),
            host("device", "\toption device 'eth1'\n"),
            host("faulty", "\toption family 'ipx'\n"),
        ];
        crate::config::read("dynhost.conf", text.concat().as_bytes(), &|_| Ok(String::new()))
    }

    fn selected(options: &UpdateOptions) -> Vec<String> {
        let config = config();
        let hosts = config.hosts.iter().filter(|entry| is_selected(entry, options));
        hosts.map(|entry| entry.name().to_owned()).collect()
    }

    #[test]
    fn hosts_are_selected_by_name_and_by_interface() {
        let all = ["route", "wan", "lte", "device", "faulty"];
        assert_eq!(selected(&UpdateOptions::default()), all);
        let hosts = vec!["lte".to_owned(), "faulty".to_owned()];
        let named = selected(&UpdateOptions { hosts, ..UpdateOptions::default() });
        assert_eq!(named, ["lte", "faulty"]);
        for (interface, known) in [("wan", "wan"), ("wan6", "wan"), ("lte", "lte")] {
            let interface = Some(interface.to_owned());
            let covered = selected(&UpdateOptions { interface, ..UpdateOptions::default() });
            assert_eq!(covered, ["route", known, "device", "faulty"]);
        }
    }

    #[test]
    fn those_that_failed_last_have_their_turn_last() {
        let config = config();
        let mut state = State::default();
        state.fit(&config, 0, |_| Fingerprint::new());
        let order = |state: &State| {
            let turns = turns(&config, state, &UpdateOptions::default());
            turns.iter().map(|(name, family)| format!("{name} {family}")).collect::<Vec<_>>()
        };
        let configured = ["route ipv4", "wan ipv4", "wan ipv6", "lte ipv4", "device ipv4"];
        assert_eq!(order(&state), configured);
        let record = state.records.iter_mut().find(|record| record.identity.section == "wan");
        let record: &mut Record = record.expect("it is configured");
        let address = [81, 2, 69, 10].into();
        let begun = judge::begin(0, &record.past, address);
        let refused = Outcome::Failed(crate::provider::failure::Failure::Refused);
        record.past = judge::learn(0, &begun, address, &refused);
        let failed_last = ["route ipv4", "wan ipv6", "lte ipv4", "device ipv4", "wan ipv4"];
        assert_eq!(order(&state), failed_last);
    }

    #[test]
    fn a_name_that_is_not_configured_is_told_with_those_that_are() {
        assert!(check_names(&config(), &["wan".into(), "faulty".into()]).is_ok());
        let error = check_names(&config(), &["wan".into(), "home".into()]).expect_err("unknown");
        let sentence = "no host 'home' is configured, only: route, wan, lte, device, faulty";
        assert!(error.to_string().starts_with(sentence), "{error}");
    }

    #[test]
    fn a_host_that_a_fault_has_taken_out_is_not_usable() {
        assert!(usable(&config(), "wan").is_some());
        assert!(usable(&config(), "faulty").is_none() && usable(&config(), "home").is_none());
    }
}
