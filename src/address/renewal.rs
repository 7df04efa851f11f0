//! Which IPv6 addresses of a device are still kept alive, by what the kernel knows of their past.
//!
//! A router upstream that restarts with another prefix seldom says that the old one is gone
//! (RFC 8978), so that the old address stays preferred for hours or days. It is told by this:
//!
//! - An advertisement refreshes all its prefixes at once. If there is one router, an address that
//!   was not refreshed when another one was is no longer announced.
//! - Whoever advertises does so every 1,800 s at least (RFC 4861, section 6.2.1): the last refresh
//!   of an address that is alive is no further behind that of another.
//! - Of addresses that programs keep (by DHCP, on OpenWrt, on desktops) the same holds for what is
//!   left of their lifetimes. Two sources may refresh theirs out of step, one ahead now and the
//!   other later; so only an address that came later puts out an earlier one: no way round.

use super::rtnetlink::{
    Address, FOREVER, FROM_ADVERTISEMENT, NO_PREFIX_ROUTE, PERMANENT, Snapshot, TEMPORARY,
};
use super::{Family, suffix};

/// Apart by more, two refreshes were not by one advertisement; a router sends two of them 3 s apart
/// at least (RFC 4861, `MIN_DELAY_BETWEEN_RAS`).
const ONE_ADVERTISEMENT: u32 = 2 * TICKS;
/// The longest time between two advertisements.
const INTERVAL_SECONDS: u32 = 1800;
/// What is further apart is a counter that began anew: on 32 bits it does, after some months.
const PLAUSIBLE: u32 = 60 * 24 * 3600 * TICKS;
/// The kernel's time stamps are in hundredths of a second.
const TICKS: u32 = 100;

/// Whether another address of its device shows that this one is no longer refreshed.
#[must_use]
pub(super) fn is_left_behind(snapshot: &Snapshot, address: &Address) -> bool {
    let one_router = routers(snapshot, address.link) == 1;
    let others = snapshot.addresses.iter().filter(|other| {
        other.link == address.link && other.address != address.address && is_stable(other)
    });
    is_stable(address) && others.into_iter().any(|other| leaves_behind(other, address, one_router))
}

fn leaves_behind(other: &Address, address: &Address, one_router: bool) -> bool {
    if is_advertised(other) && is_advertised(address) {
        let apart = if one_router { ONE_ADVERTISEMENT } else { INTERVAL_SECONDS * TICKS };
        return is_after(other.updated, address.updated, apart);
    }
    let ahead = other.preferred_seconds.saturating_sub(address.preferred_seconds);
    ahead > INTERVAL_SECONDS && is_after(other.created, address.created, 0)
}

/// Whether one time stamp is later than another by more than `ticks`.
fn is_after(later: u32, earlier: u32, ticks: u32) -> bool {
    let by = later.wrapping_sub(earlier);
    by > ticks && by < PLAUSIBLE
}

/// Has a limited life, and is neither special nor temporary: such ones live by other rules.
fn is_stable(address: &Address) -> bool {
    address.address.is_ipv6()
        && address.flags & (PERMANENT | TEMPORARY) == 0
        && address.preferred_seconds != FOREVER
        && super::special::range_of(address.address).is_none()
}

/// Made by the kernel from an advertisement. Kernels before 5.18 do not say so; there it is one
/// whose prefix has a route as the kernel makes it, which programs that read advertisements forgo.
fn is_advertised(address: &Address) -> bool {
    address.protocol == FROM_ADVERTISEMENT
        || address.protocol == 0
            && address.flags & NO_PREFIX_ROUTE == 0
            && address.prefix_length <= suffix::MAX_PREFIX_LENGTH
}

/// The routers on this link that advertise themselves.
fn routers(snapshot: &Snapshot, link: u32) -> u32 {
    let routes = snapshot.default_routes.iter();
    routes
        .filter(|route| route.family == Family::Ipv6 && route.link == link && route.is_advertised)
        .map(|route| route.hops)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::rtnetlink::DefaultRoute;

    const NEW: &str = "2a01:2::1";
    const OLD: &str = "2a01:1::1";

    /// Created, updated (in seconds), preferred for.
    fn advertised(address: &str, [created, updated, preferred_seconds]: [u32; 3]) -> Address {
        Address {
            link: 1,
            address: address.parse().unwrap(),
            prefix_length: 64,
            scope: 0,
            flags: 0,
            preferred_seconds,
            created: created.wrapping_mul(TICKS),
            updated: updated.wrapping_mul(TICKS),
            protocol: FROM_ADVERTISEMENT,
        }
    }

    fn by_a_program(address: &str, times: [u32; 3]) -> Address {
        let flags = NO_PREFIX_ROUTE;
        Address { protocol: 0, flags, prefix_length: 128, ..advertised(address, times) }
    }

    /// Whether the old one and the new one are left behind.
    fn left_behind(old: &Address, new: &Address, routers: u32) -> (bool, bool) {
        let route = |metric| DefaultRoute {
            family: Family::Ipv6,
            link: 1,
            gateway: None,
            metric,
            is_advertised: true,
            hops: 1,
            is_dead: false,
        };
        let mut snapshot = Snapshot::default();
        snapshot.addresses.extend([old.clone(), new.clone()]);
        snapshot.default_routes.extend((0..routers).map(route));
        (is_left_behind(&snapshot, old), is_left_behind(&snapshot, new))
    }

    #[test]
    fn an_address_that_the_one_router_no_longer_announces_is_dead() {
        for (old, new, expected) in [
            // A flash renumbering: at once, and on.
            ([0, 990, 14_390], [1000, 1000, 14_400], (true, false)),
            ([0, 990, 14_000], [1000, 1390, 14_400], (true, false)),
            // A second prefix in the same advertisement, then and later; and alone.
            ([0, 1000, 14_400], [1000, 1000, 14_400], (false, false)),
            ([0, 1400, 14_400], [1000, 1400, 14_400], (false, false)),
            ([0, 1400, 14_400], [1000, 1600, 14_400], (true, false)),
            // And back.
            ([0, 1500, 14_400], [1000, 1100, 14_400], (false, true)),
        ] {
            let (old, new) = (advertised(OLD, old), advertised(NEW, new));
            assert_eq!(left_behind(&old, &new, 1), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn of_several_routers_the_longest_interval_tells() {
        let new = advertised(NEW, [1000, 3000, 14_400]);
        for (updated, dead) in [(990, true), (1199, true), (1201, false)] {
            let old = advertised(OLD, [0, updated, 14_000]);
            assert_eq!(left_behind(&old, &new, 2), (dead, false), "{updated}");
        }
        // Also one that came first and is announced again.
        let back = advertised(OLD, [0, 5000, 14_400]);
        assert_eq!(left_behind(&back, &new, 2), (false, true));
    }

    #[test]
    fn of_programs_the_lifetimes_tell_and_two_out_of_step_do_not_go_round() {
        // DHCPv6 renews a day after half of it, advertisements keep 18 h: each is ahead in turn.
        let mut turns = Vec::new();
        for left in [86_400, 60_000, 43_200] {
            let dhcp = by_a_program(OLD, [0, 5000, left]);
            let slaac = advertised(NEW, [1000, 5000, 64_800]);
            turns.push(left_behind(&dhcp, &slaac, 1));
        }
        assert!(turns.iter().all(|(_, later)| !later), "{turns:?}");
        for (old, new, dead) in [(12_000, 14_400, true), (13_000, 14_400, false)] {
            let (old, new) = (by_a_program(OLD, [0, 9, old]), by_a_program(NEW, [9, 9, new]));
            assert_eq!(left_behind(&old, &new, 0), (dead, false));
        }
        let forever = by_a_program(NEW, [9, 9, FOREVER]);
        assert_eq!(left_behind(&by_a_program(OLD, [0, 9, 900]), &forever, 0), (false, false));
    }

    #[test]
    fn a_counter_that_began_anew_proves_nothing() {
        let old = advertised(OLD, [0, u32::MAX / TICKS - 5, 14_000]);
        // Six seconds later, over the end of the counter.
        let new = Address { created: TICKS, updated: TICKS, ..advertised(NEW, [0, 0, 14_400]) };
        assert_eq!(left_behind(&old, &new, 1), (true, false));
        // On a kernel whose counter ends earlier.
        let old = advertised(OLD, [0, 17_000_000, 14_000]);
        assert_eq!(left_behind(&old, &new, 1), (false, false));
    }
}
