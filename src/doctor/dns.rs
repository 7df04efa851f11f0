//! What the servers of a zone say of a name -> whether that is as it should be.

use std::net::IpAddr;

use super::report::Finding;
use super::trouble::{Topic, Trouble};
use crate::address::Family;
use crate::dns::Name;
use crate::dns::authority::{Report, Told};

/// Seconds that the provider serves `DynHost` records with (the provider's guide).
const DYNHOST_TTL: u32 = 60;
/// Seconds that a new address of a name at home may take to be seen.
const LONG_TTL: u32 = 300;
/// Domains that OVHcloud's name servers are in.
const OVH: [&str; 7] =
    ["ovh.net", "anycast.me", "ovh.ca", "ovh.us", "ovh.com", "ovhapis.com", "ovhcloud.com"];

/// What is known of the name that the servers were asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The name.
    pub hostname: &'a str,
    /// Of this family.
    pub family: Family,
    /// What the provider last acknowledged.
    pub published: Option<IpAddr>,
    /// Whether the provider is OVHcloud, whose customs are known.
    pub at_ovh: bool,
}

/// Whether the zone is where its records have an effect.
#[must_use]
pub fn delegation(zone: &str, servers: &[Name], at_ovh: bool) -> Finding {
    let is_of = |server: &Name| {
        let server = server.trim_end_matches('.').to_ascii_lowercase();
        OVH.iter().any(|domain| server.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
    };
    let text = format!("the zone {zone} is served by {}", list(servers.iter().map(|name| &**name)));
    if at_ovh && !servers.iter().any(is_of) {
        return Finding::trouble(Trouble::Elsewhere, text);
    }
    Finding::ok(Topic::Dns, text)
}

/// One finding for each thing that the servers say, the gravest of the record last.
#[must_use]
pub fn record(asked: &Asked<'_>, reports: &[Report]) -> Vec<Finding> {
    let mut findings: Vec<_> = reports.iter().filter_map(unheard).collect();
    let heard: Vec<&Report> = reports.iter().filter(|report| unheard(report).is_none()).collect();
    findings.extend(lagging(asked, &heard));
    findings.push(together(asked, &heard));
    findings
}

/// A server that said nothing of use.
fn unheard(report: &Report) -> Option<Finding> {
    let is_unheard = matches!(report.told, Told::Refusal | Told::Silent | Told::Nowhere);
    is_unheard.then(|| {
        let text = format!("{} {}", report.server, report.told);
        Finding::trouble(Trouble::SilentServer, text)
    })
}

/// Servers that have something else than what was stored, where others have that.
fn lagging(asked: &Asked<'_>, heard: &[&Report]) -> Vec<Finding> {
    let Some(published) = asked.published else { return Vec::new() };
    if !heard.iter().any(|report| report.agrees(published)) {
        return Vec::new();
    }
    let late = heard.iter().filter(|report| !report.agrees(published));
    let finding = |report: &&Report| {
        let text = format!("{} {} in the place of {published}", report.server, report.told);
        Finding::trouble(Trouble::Lagging, text)
    };
    late.map(finding).collect()
}

/// What they come to.
fn together(asked: &Asked<'_>, heard: &[&Report]) -> Finding {
    let Asked { hostname, family, published, .. } = *asked;
    // One that has what was stored speaks for those that have not heard of it.
    let speaks = heard.iter().find(|report| published.is_some_and(|ip| report.agrees(ip)));
    let Some(report) =
        speaks.or(heard.iter().find(|report| report.has_address())).or(heard.first())
    else {
        return Finding::trouble(Trouble::Silent, format!("no server tells about {hostname}"));
    };
    let said = format!("{hostname} {family} {}, says {}", report.told, report.server);
    match &report.told {
        Told::Alias(_) => Finding::trouble(Trouble::Alias, said),
        Told::Addresses(addresses, _) if addresses.len() > 1 => {
            Finding::trouble(Trouble::Several, said)
        }
        Told::Addresses(_, ttl) if asked.at_ovh && *ttl != DYNHOST_TTL => {
            Finding::trouble(Trouble::Plain, format!("{said}, with a TTL of {ttl} s"))
        }
        Told::Addresses(_, ttl)
            if *ttl > LONG_TTL && published.is_none_or(|ip| report.agrees(ip)) =>
        {
            Finding::trouble(Trouble::LongTtl, format!("{said}, with a TTL of {ttl} s"))
        }
        Told::Addresses(..) => match published {
            Some(published) if !report.agrees(published) => Finding::trouble(
                Trouble::Drift,
                format!("{said}, and {published} was stored there"),
            ),
            _ => Finding::ok(Topic::Dns, said),
        },
        _ => Finding::trouble(Trouble::Missing, format!("{hostname} has no record of {family}")),
    }
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: [u8; 4] = [81, 2, 69, 10];
    const TWO: [u8; 4] = [81, 2, 69, 20];

    fn told(addresses: &[[u8; 4]], ttl: u32) -> Told {
        Told::Addresses(addresses.iter().map(|ip| IpAddr::from(*ip)).collect(), ttl)
    }

    fn findings(at_ovh: bool, published: Option<[u8; 4]>, said: &[Told]) -> Vec<Option<Trouble>> {
        let asked = Asked {
            hostname: "home.example.com",
            family: Family::Ipv4,
            published: published.map(IpAddr::from),
            at_ovh,
        };
        let report = |(index, told): (usize, &Told)| Report {
            server: format!("ns{index}.ovh.net").as_str().try_into().unwrap(),
            address: None,
            told: told.clone(),
        };
        let reports: Vec<_> = said.iter().enumerate().map(report).collect();
        record(&asked, &reports).into_iter().map(|finding| finding.trouble).collect()
    }

    #[test]
    fn what_the_servers_say_is_judged_together() {
        use Trouble::{
            Alias, Drift, Lagging, LongTtl, Missing, Plain, Several, Silent, SilentServer,
        };
        let (good, old) = (told(&[ONE], 60), told(&[TWO], 60));
        let alias = Told::Alias("other.example".try_into().unwrap());
        let rows: [(Option<[u8; 4]>, &[Told], &[Option<Trouble>]); 14] = [
            (Some(ONE), &[good.clone(), good.clone()], &[None]),
            (None, &[good.clone(), good.clone()], &[None]),
            (Some(ONE), &[old.clone(), good.clone()], &[Some(Lagging), None]),
            (Some(ONE), &[Told::NoName, good.clone()], &[Some(Lagging), None]),
            (Some(ONE), &[old.clone(), old.clone()], &[Some(Drift)]),
            (Some(ONE), &[old, Told::Silent], &[Some(SilentServer), Some(Drift)]),
            (Some(ONE), &[Told::Silent, good], &[Some(SilentServer), None]),
            (Some(ONE), &[Told::Silent], &[Some(SilentServer), Some(Silent)]),
            (Some(ONE), &[], &[Some(Silent)]),
            (Some(ONE), &[Told::Nothing, Told::NoName], &[Some(Missing)]),
            (None, &[Told::NoName], &[Some(Missing)]),
            (None, &[alias], &[Some(Alias)]),
            (Some(ONE), &[told(&[ONE, TWO], 60)], &[Some(Several)]),
            (Some(ONE), &[told(&[ONE], 3600)], &[Some(Plain)]),
        ];
        for (published, said, expected) in rows {
            assert_eq!(findings(true, published, said), expected, "{published:?} {said:?}");
        }
        assert_eq!(findings(false, Some(ONE), &[told(&[ONE], 300)]), [None]);
        assert_eq!(findings(false, Some(ONE), &[told(&[ONE], 3600)]), [Some(LongTtl)]);
        assert_eq!(findings(false, Some(ONE), &[told(&[TWO], 3600)]), [Some(Drift)]);
    }

    #[test]
    fn a_zone_at_others_is_no_zone_of_ovhcloud() {
        let rows = [
            (&["dns10.ovh.net", "ns10.OVH.net."][..], true, None),
            (&["dns200.anycast.me"], true, None),
            (&["ns1.elsewhere.example", "dns10.ovh.net"], true, None),
            (&["ns1.elsewhere.example"], true, Some(Trouble::Elsewhere)),
            (&["ns1.notovh.net"], true, Some(Trouble::Elsewhere)),
            (&["ns1.elsewhere.example"], false, None),
        ];
        for (servers, at_ovh, expected) in rows {
            let names: Vec<Name> = servers.iter().map(|name| (*name).try_into().unwrap()).collect();
            let found = delegation("example.com", &names, at_ovh);
            assert_eq!(found.trouble, expected, "{servers:?}");
            assert!(found.text.contains(servers[0]), "{found:?}");
        }
    }
}
