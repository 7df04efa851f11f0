//! What a snapshot keeps of all that the kernel lists.
//!
//! A router has some dozens of links and addresses; a host of containers or an access concentrator
//! has tens of thousands. The first few thousand are kept as they come, and beyond them those of
//! the devices that were asked for and of the default routes. The rest is counted.

use std::fmt;

use super::entry::{Hop, Route};
use super::{Address, DefaultRoute, Link, Snapshot};

/// So many links are kept, whichever they are; beyond, those that are wanted.
pub const MAX_LINKS: usize = 4096;
/// So many addresses are kept, whichever they are; beyond, those of the links that are wanted.
pub const MAX_ADDRESSES: usize = 4096;
/// So many addresses are kept, wanted or not.
pub const MAX_ADDRESSES_IN_ALL: usize = 16 * 1024;
/// So many default routes are kept, those of the lowest metric.
pub const MAX_DEFAULT_ROUTES: usize = 256;

/// How much was left out of a [`Snapshot`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Excess {
    /// Links beyond [`MAX_LINKS`].
    pub links: u32,
    /// Addresses beyond [`MAX_ADDRESSES`] or [`MAX_ADDRESSES_IN_ALL`].
    pub addresses: u32,
    /// Default routes beyond [`MAX_DEFAULT_ROUTES`], next hops beyond [`MAX_HOPS`].
    pub default_routes: u32,
    /// Messages that could not be read.
    pub unreadable: u32,
    /// Dumps that went on beyond what is read of one.
    pub cut_short: u32,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.links, "links"),
            (self.addresses, "addresses"),
            (self.default_routes, "default routes"),
            (self.unreadable, "unreadable messages"),
            (self.cut_short, "lists from some point on"),
        ];
        let mut before = "the kernel lists more than is read, left out: ";
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{before}{count} {what}")?;
            before = ", ";
        }
        Ok(())
    }
}

impl Snapshot {
    /// Whether nothing can be said of this device, as it or its addresses may have been left out:
    /// ask again with a snapshot that wants it.
    #[must_use]
    pub fn lacks(&self, device: &str) -> bool {
        let Excess { links, addresses, cut_short, .. } = self.excess;
        let is_preferred =
            || self.link(device).is_some_and(|link| self.preferred.contains(&link.index));
        let is_wanted = || self.wanted.iter().any(|name| name == device);
        links + addresses + cut_short > 0 && !is_wanted() && !is_preferred()
    }

    pub(super) fn keep_link(&mut self, link: Option<Link>) {
        let Some(link) = link else { return };
        let has_route = || self.default_routes.iter().any(|route| route.link == link.index);
        let is_preferred = has_route() || self.wanted.contains(&link.name);
        if is_preferred {
            self.preferred.push(link.index);
        }
        if is_preferred || self.links.len() < MAX_LINKS {
            self.links.push(link);
        } else {
            self.excess.links += 1;
        }
    }

    pub(super) fn keep_address(&mut self, address: Option<Address>) {
        let Some(address) = address else { return };
        let kept = self.addresses.len();
        let has_room = kept < MAX_ADDRESSES
            || kept < MAX_ADDRESSES_IN_ALL && self.preferred.contains(&address.link);
        if has_room {
            self.addresses.push(address);
        } else {
            self.excess.addresses += 1;
        }
    }

    pub(super) fn keep_route(&mut self, route: Option<Route>) {
        let Some(Route { family, metric, is_advertised, hops, by_object }) = route else { return };
        self.excess.default_routes += hops.left_out;
        if by_object && !self.by_object.iter().any(|(known, _)| *known == family) {
            self.by_object.push((family, metric));
        }
        for Hop { link, gateway, count: hops, is_dead } in hops.links {
            let route =
                DefaultRoute { family, link, gateway, metric, is_advertised, hops, is_dead };
            self.default_routes.push(route);
        }
        while self.default_routes.len() > MAX_DEFAULT_ROUTES {
            // The last of the highest metric is the one that is used last.
            let ranked = self.default_routes.iter().enumerate();
            let Some((worst, _)) = ranked.max_by_key(|(_, route)| route.metric) else { return };
            self.default_routes.remove(worst);
            self.excess.default_routes += 1;
        }
    }
}
