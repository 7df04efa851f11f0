//! The ways to the providers, each once however many hosts go it.

use super::records::records;
use super::{Error, Said};
use crate::address::Family;
use crate::config::{Host, ProviderKind};
use crate::doctor::{Finding, Trouble};
use crate::io::dns::Names;
use crate::io::http::Route;
use crate::pass::examine::Examiner;
use crate::provider::failure::Failure;

/// A way to a provider, and the hosts that go it.
pub(super) struct Way<'h> {
    pub(super) route: Route,
    pub(super) host: &'h Host,
}

impl Way<'_> {
    /// The provider's name, and the port.
    pub(super) fn target(&self) -> (&str, u16) {
        self.host.provider.url.target()
    }

    pub(super) fn is_ovh(&self) -> bool {
        self.host.provider.url.kind() == ProviderKind::Ovh
    }
}

/// Each way once, however many hosts go it.
pub(super) fn routes<'h>(
    said: &mut Said,
    mut examiner: Option<&mut Examiner>,
    hosts: &[&'h Host],
) -> Result<Vec<Way<'h>>, Error> {
    let mut ways: Vec<Way<'h>> = Vec::new();
    for (host, family) in records(hosts) {
        match names_of(examiner.as_deref_mut(), host, family) {
            Ok(names) => {
                let route = Route::to(&host.provider, names);
                if !ways.iter().any(|way| way.route == route) {
                    ways.push(Way { route, host });
                }
            }
            Err(failure) => {
                let text = format!("{family} {failure}");
                said.tell(&Finding::trouble(Trouble::Unbound, text).of(&host.name))?;
            }
        }
    }
    Ok(ways)
}

/// How names are looked up for this host, by its device if need be.
pub(super) fn names_of(
    examiner: Option<&mut Examiner>,
    host: &Host,
    family: Family,
) -> Result<Names, Failure> {
    examiner.map_or_else(|| Ok(Names::default()), |examiner| examiner.way_of(host, family))
}
