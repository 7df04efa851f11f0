//! The records of the hosts that are looked at.

use crate::address::Family;
use crate::config::Host;
use crate::state::{Identity, Record, State};

/// Each record of the hosts.
pub(super) fn records<'h>(hosts: &[&'h Host]) -> Vec<(&'h Host, Family)> {
    let of = |host: &&'h Host| {
        let host = *host;
        host.families.iter().map(move |family| (host, *family))
    };
    hosts.iter().flat_map(of).collect()
}

/// What is known of a record, or nothing.
pub(super) fn record_of(state: &State, host: &Host, family: Family) -> Record {
    state.record(&host.name, family).cloned().unwrap_or_else(|| {
        Record::new(Identity {
            section: host.name.clone(),
            hostname: host.hostname.clone(),
            family,
            fingerprint: heapless::String::new(),
        })
    })
}
