//! `dynhost ovh login`: the identifiers of a zone.

use super::{password, print, refused, shown, sub_domain, usage};
use crate::cli::ovh::Login;
use crate::error::Error;
use crate::ovh::api::{Api, MAX_ITEMS, NewLogin};
use crate::ovh::names;

pub(super) fn run(api: &mut Api<'_>, zone: &str, task: &Login) -> Result<u8, Error> {
    match task {
        Login::List => list(api, zone),
        Login::Add { sub_domain, suffix, password_file } => {
            let wanted = (sub_domain.as_str(), suffix.as_deref());
            add(api, zone, wanted, password_file.as_deref())
        }
        Login::Passwd { login, password_file } => {
            let login = login_of(zone, login);
            // One that does not exist is no reason to make a password.
            api.login(zone, &login)?;
            api.set_password(zone, &login, &password(password_file.as_deref())?)?;
            print(&format!("{login} has a new password\n"))
        }
        Login::Remove(login) => {
            let login = login_of(zone, login);
            api.remove_login(zone, &login)?;
            print(&format!("{login} is removed\n"))
        }
    }
}

/// A line for each: login and sub-domain with a tab between.
fn list(api: &mut Api<'_>, zone: &str) -> Result<u8, Error> {
    let names = api.login_names(zone, None)?;
    let mut lines = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let sub_domain = match index {
            0..MAX_ITEMS => Some(api.login(zone, name)?.sub_domain),
            _ => None,
        };
        lines.push(format!("{name}\t{}\n", sub_domain.as_deref().map_or("?", shown)));
    }
    print(&lines.concat())
}

fn add(
    api: &mut Api<'_>,
    zone: &str,
    (wanted, suffix): (&str, Option<&str>),
    password_file: Option<&str>,
) -> Result<u8, Error> {
    let sub_domain = if wanted == "*" { "*".into() } else { sub_domain(wanted, zone)? };
    let known = api.login_names(zone, None)?;
    let is_taken = |suffix: &str| known.contains(&login_of(zone, suffix));
    let suffix = match suffix {
        Some(suffix) => suffix.to_owned(),
        None => names::suffix(&sub_domain, &is_taken)
            .ok_or_else(|| refused("too many suffixes are taken, choose one by --suffix"))?,
    };
    names::check_suffix(&suffix).map_err(usage)?;
    if is_taken(&suffix) {
        return Err(refused(format!(
            "the identifier {zone}-{suffix} exists, choose another suffix, or give it a new \
             password with dynhost ovh login passwd"
        )));
    }
    let password = password(password_file)?;
    let new = NewLogin { suffix: &suffix, password: &password, sub_domain: &sub_domain };
    let login = api.add_login(zone, &new)?;
    print(&format!("{}\t{}\n", login.login, shown(&login.sub_domain)))
}

/// The whole login of a suffix, or what is one already.
fn login_of(zone: &str, text: &str) -> String {
    let is_whole = text.strip_prefix(zone).is_some_and(|rest| rest.starts_with('-'));
    if is_whole { text.into() } else { format!("{zone}-{text}") }
}
