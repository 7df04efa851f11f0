//! What `dynhost ovh setup` has to do: wanted and existing -> actions, in the order of the guide.
//!
//! Every action leads to a state from which the plan made anew leads to the same end, so a stop
//! anywhere is mended by running it again. As long as the section is off, setup has not come to
//! its end, and what cannot be seen from outside (a password, a refresh) is done once more.

mod action;
mod obstacle;

use std::net::IpAddr;

use super::names::{check_suffix, suffix};
use super::values::{Login, PlainRecord, Record};

pub use action::Action;
pub use obstacle::Obstacle;

/// Seconds that tell a `DynHost` record in the list of all records (the provider's guide).
const DYNHOST_TTL: u32 = 60;

/// What there is to be at the end.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The zone, in lower case.
    pub zone: &'a str,
    /// As `names::sub_domain` gives it: empty for the apex.
    pub sub_domain: &'a str,
    /// The WAN addresses, one for each record.
    pub addresses: &'a [IpAddr],
    /// The suffix that was asked for.
    pub suffix: Option<&'a str>,
    /// An identifier that exists gets a new password.
    pub new_password: bool,
    /// Plain records in the way are deleted.
    pub replace: bool,
}

/// What there is.
#[derive(Clone, Debug, Default)]
pub struct Existing {
    /// The zones of the account.
    pub zones: Vec<String>,
    /// The name servers that the provider has for the zone.
    pub name_servers: Vec<String>,
    /// The name servers that the DNS names for the zone; `None` if it was not asked.
    pub delegated: Option<Vec<String>>,
    /// Every identifier of the zone.
    pub login_names: Vec<String>,
    /// Those that may be for this sub-domain, and the section's and the wanted one.
    pub logins: Vec<Login>,
    /// `DynHost` records; the filter of the API lets other sub-domains through.
    pub records: Vec<Record>,
    /// All records, as fuzzily filtered.
    pub plain: Vec<PlainRecord>,
    /// Every authoritative server shows a record for each wanted family: nothing waits for a
    /// refresh that a cut run has left out.
    pub is_visible: bool,
    /// The `config host` section to be filled, if it is there.
    pub section: Option<Section>,
}

/// What the configuration has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `option username`, empty if not set.
    pub login: String,
    /// Whether it has a password, or a file with one.
    pub has_password: bool,
    /// `option enabled`.
    pub enabled: bool,
}

/// The steps from `existing` to `wanted`; only those that keep something if it is there already.
///
/// # Errors
/// An [`Obstacle`], in the order of the guide: zone, name servers, identifier, record.
pub fn plan(wanted: &Wanted<'_>, existing: &Existing) -> Result<Vec<Action>, Obstacle> {
    check_zone(wanted, existing)?;
    let mut actions = login_actions(wanted, existing)?;
    let records = record_actions(wanted, existing)?;
    let edits = records.iter().any(Action::changes);
    let is_finished = existing.section.as_ref().is_some_and(|section| section.enabled)
        && !actions.iter().any(Action::changes);
    actions.extend(records);
    if edits || !is_finished || !existing.is_visible {
        actions.push(Action::Refresh);
    }
    if !is_finished {
        actions.push(Action::Enable);
    }
    Ok(actions)
}

fn check_zone(wanted: &Wanted<'_>, existing: &Existing) -> Result<(), Obstacle> {
    let zone = wanted.zone.to_owned();
    if !existing.zones.iter().any(|known| known.eq_ignore_ascii_case(wanted.zone)) {
        return Err(Obstacle::ForeignZone { zone, zones: existing.zones.clone() });
    }
    let ours = existing.name_servers.clone();
    let Some(theirs) = existing.delegated.clone() else { return Ok(()) };
    let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    let is_ours = |name: &String| ours.iter().any(|own| plain(own) == plain(name));
    if theirs.iter().any(is_ours) {
        return Ok(());
    }
    Err(Obstacle::Elsewhere { zone, ours, theirs })
}

/// What is to be done about the identifier.
fn login_actions(wanted: &Wanted<'_>, existing: &Existing) -> Result<Vec<Action>, Obstacle> {
    let section = existing.section.as_ref().filter(|section| !section.login.is_empty());
    if let Some(section) = section {
        let own = suffix_of(&section.login, wanted.zone);
        let fits = own.is_some_and(|own| wanted.suffix.is_none_or(|asked| asked == own));
        if !fits {
            return Err(Obstacle::OtherLogin(section.login.clone()));
        }
    }
    let is_known = section.is_some_and(|section| section.has_password);
    let login = match section {
        Some(section) => section.login.clone(),
        None => choose_login(wanted, existing)?,
    };
    let suffix = suffix_of(&login, wanted.zone).unwrap_or_default().to_owned();
    check_suffix(&suffix).map_err(Obstacle::Suffix)?;
    let write = Action::WriteSection { login: login.clone() };
    if !existing.login_names.contains(&login) {
        let create = Action::CreateLogin { suffix };
        return Ok(if is_known { vec![create] } else { vec![write, create] });
    }
    let other = existing.logins.iter().find(|known| known.login == login);
    if let Some(other) = other.filter(|login| !covers(login, wanted.sub_domain)) {
        return Err(Obstacle::OtherSubDomain(other.clone()));
    }
    let set = Action::SetPassword { login: login.clone() };
    let is_on = section.is_some_and(|section| section.enabled);
    match (is_known, wanted.new_password) {
        (_, true) => Ok(vec![write, set]),
        (false, false) => Err(Obstacle::UnknownPassword(login)),
        (true, false) if is_on => Ok(vec![Action::KeepLogin { login }]),
        // Off: a run was cut, perhaps before the provider was told the password.
        (true, false) => Ok(vec![set]),
    }
}

/// The one asked for, else the one that is there for this sub-domain alone, else a new one.
fn choose_login(wanted: &Wanted<'_>, existing: &Existing) -> Result<String, Obstacle> {
    let zone = wanted.zone;
    if let Some(suffix) = wanted.suffix {
        return Ok(format!("{zone}-{suffix}"));
    }
    let own = existing.logins.iter().find(|login| login.sub_domain == wanted.sub_domain);
    if let Some(own) = own.filter(|own| suffix_of(&own.login, zone).is_some()) {
        return Ok(own.login.clone());
    }
    let is_taken = |suffix: &str| existing.login_names.contains(&format!("{zone}-{suffix}"));
    let suffix = suffix(wanted.sub_domain, &is_taken).ok_or(Obstacle::NoSuffixLeft)?;
    Ok(format!("{zone}-{suffix}"))
}

fn suffix_of<'a>(login: &'a str, zone: &str) -> Option<&'a str> {
    login.strip_prefix(zone)?.strip_prefix('-')
}

fn covers(login: &Login, sub_domain: &str) -> bool {
    login.sub_domain == "*" || login.sub_domain == sub_domain
}

/// What is to be done about the records.
fn record_actions(wanted: &Wanted<'_>, existing: &Existing) -> Result<Vec<Action>, Obstacle> {
    let in_the_way = in_the_way(wanted.sub_domain, &existing.plain);
    if !in_the_way.is_empty() && !wanted.replace {
        return Err(Obstacle::InTheWay(in_the_way));
    }
    let mut actions: Vec<Action> = in_the_way.into_iter().map(Action::DeletePlain).collect();
    for address in wanted.addresses {
        let points_at = dynhost_record(wanted.sub_domain, *address, existing);
        actions.push(match points_at {
            Some(points_at) => Action::KeepRecord { points_at },
            None => Action::CreateRecord(*address),
        });
    }
    Ok(actions)
}

/// Plain records of that very name; what could be a `DynHost` record is never one.
fn in_the_way(sub_domain: &str, plain: &[PlainRecord]) -> Vec<PlainRecord> {
    let bars = |record: &&PlainRecord| match record.kind.as_str() {
        "A" | "AAAA" => record.ttl != Some(DYNHOST_TTL),
        "CNAME" => true,
        _ => false,
    };
    let same_name = |record: &&PlainRecord| same_name(&record.sub_domain, sub_domain);
    plain.iter().filter(same_name).filter(bars).cloned().collect()
}

/// What the record of that name and family points at.
fn dynhost_record(sub_domain: &str, address: IpAddr, existing: &Existing) -> Option<String> {
    let own = existing.records.iter().find(|record| {
        same_name(&record.sub_domain, sub_domain) && record.ip.is_ipv4() == address.is_ipv4()
    });
    // In the list of all records one with this TTL counts as such, says the guide.
    let kind = if address.is_ipv4() { "A" } else { "AAAA" };
    let in_zone = || {
        existing.plain.iter().find(|record| {
            let fits = same_name(&record.sub_domain, sub_domain) && record.kind == kind;
            fits && record.ttl == Some(DYNHOST_TTL)
        })
    };
    own.map(|own| own.ip.to_string()).or_else(|| in_zone().map(|record| record.target.clone()))
}

fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| if name == "@" { String::new() } else { name.to_ascii_lowercase() };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests;
