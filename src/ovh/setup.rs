//! What `dynhost ovh setup` asks first, and its steps that are calls.
//!
//! ```text
//! gather -> plan -> for each action: WriteSection and Enable by the caller, the rest by perform
//! ```

use super::api::{Api, NewLogin};
use super::error::{Kind, Trouble};
use super::plan::{Action, Existing, Section, Wanted};
use crate::config::Secret;

/// Asks for all that a plan rests on; nothing is changed.
///
/// Without the zone in the account nothing more is asked: the plan says so.
///
/// # Errors
/// [`Trouble`] of the first call that came to nothing.
pub fn gather(
    api: &mut Api<'_>,
    wanted: &Wanted<'_>,
    section: Option<Section>,
) -> Result<Existing, Trouble> {
    let zone = wanted.zone;
    let mut existing = Existing { zones: api.zones()?, section, ..Existing::default() };
    if !existing.zones.iter().any(|known| known.eq_ignore_ascii_case(zone)) {
        return Ok(existing);
    }
    existing.name_servers = api.zone(zone)?.name_servers;
    existing.login_names = api.login_names(zone, None)?;
    for login in logins_to_look_at(api, wanted, &existing)? {
        match api.login(zone, &login) {
            // Deleted since it was listed.
            Err(trouble) if trouble.kind() == Some(Kind::NoObject) => {}
            other => existing.logins.push(other?),
        }
    }
    existing.records = api.records(zone, Some(wanted.sub_domain))?;
    existing.plain = api.plain_records(zone, wanted.sub_domain)?;
    Ok(existing)
}

/// Those that may be for the sub-domain, the section's and the one asked for.
fn logins_to_look_at(
    api: &mut Api<'_>,
    wanted: &Wanted<'_>,
    existing: &Existing,
) -> Result<Vec<String>, Trouble> {
    let mut logins = match wanted.sub_domain {
        "" => existing.login_names.clone(),
        sub_domain => api.login_names(wanted.zone, Some(sub_domain))?,
    };
    let asked = wanted.suffix.map(|suffix| format!("{}-{suffix}", wanted.zone));
    let own = existing.section.as_ref().map(|section| section.login.clone());
    for login in asked.into_iter().chain(own) {
        if existing.login_names.contains(&login) && !logins.contains(&login) {
            logins.push(login);
        }
    }
    logins.truncate(super::api::MAX_ITEMS);
    Ok(logins)
}

/// Does one step, with the password that the section holds; steps that are no call do nothing.
///
/// # Errors
/// [`Trouble`] of the call.
pub fn perform(
    api: &mut Api<'_>,
    wanted: &Wanted<'_>,
    action: &Action,
    password: &Secret,
) -> Result<(), Trouble> {
    let zone = wanted.zone;
    match action {
        Action::CreateLogin { suffix } => {
            let new = NewLogin { suffix, password, sub_domain: wanted.sub_domain };
            api.add_login(zone, &new).map(|_| ())
        }
        Action::SetPassword { login } => api.set_password(zone, login, password),
        Action::DeletePlain(record) => api.remove_plain(zone, record.id),
        Action::CreateRecord(address) => {
            api.add_record(zone, wanted.sub_domain, *address).map(|_| ())
        }
        Action::Refresh => api.refresh(zone),
        Action::WriteSection { .. }
        | Action::Enable
        | Action::KeepLogin { .. }
        | Action::KeepRecord { .. } => Ok(()),
    }
}
