//! `dynhost ovh record`: the `DynHost` records of a zone.

use std::net::IpAddr;

use super::{print, refused, shown, sub_domain};
use crate::address::Family;
use crate::cli::ovh::Record as Task;
use crate::error::Error;
use crate::ovh::api::Api;
use crate::ovh::values::Record;

pub(super) fn run(api: &mut Api<'_>, zone: &str, task: &Task) -> Result<u8, Error> {
    match task {
        Task::List(None) => list(&api.records(zone, None)?),
        Task::List(Some(name)) => list(&api.records(zone, Some(&sub_domain(name, zone)?))?),
        Task::Add(name, address) => add(api, zone, &sub_domain(name, zone)?, *address),
        Task::Set(name, address) => set(api, zone, &sub_domain(name, zone)?, *address),
        Task::Remove(name, families) => remove(api, zone, &sub_domain(name, zone)?, families),
    }
}

/// A line for each: sub-domain, address and number, with tabs between.
fn list(records: &[Record]) -> Result<u8, Error> {
    let line = |one: &Record| format!("{}\t{}\t{}\n", shown(&one.sub_domain), one.ip, one.id);
    print(&records.iter().map(line).collect::<String>())
}

fn add(api: &mut Api<'_>, zone: &str, name: &str, address: IpAddr) -> Result<u8, Error> {
    if let Some(known) = of_family(&api.records(zone, Some(name))?, address) {
        return Err(refused(format!(
            "{} points at {} already, change it with dynhost ovh record set",
            shown(name),
            known.ip
        )));
    }
    let record = api.add_record(zone, name, address)?;
    api.refresh(zone)?;
    list(&[record])
}

fn set(api: &mut Api<'_>, zone: &str, name: &str, address: IpAddr) -> Result<u8, Error> {
    let records = api.records(zone, Some(name))?;
    let Some(known) = of_family(&records, address) else {
        return Err(missing(name, Some(Family::of(address))));
    };
    api.set_record(zone, known, address)?;
    // Also if it was there: an edit before may have been cut from its refresh.
    api.refresh(zone)?;
    list(&[Record { ip: address, ..known.clone() }])
}

fn remove(api: &mut Api<'_>, zone: &str, name: &str, families: &[Family]) -> Result<u8, Error> {
    let mut records = api.records(zone, Some(name))?;
    records.retain(|one| families.is_empty() || families.contains(&Family::of(one.ip)));
    if records.is_empty() {
        return Err(missing(name, families.first().filter(|_| families.len() == 1).copied()));
    }
    for record in &records {
        api.remove_record(zone, record.id)?;
    }
    api.refresh(zone)?;
    let line = |one: &Record| format!("{} to {} is removed\n", shown(&one.sub_domain), one.ip);
    print(&records.iter().map(line).collect::<String>())
}

fn of_family(records: &[Record], address: IpAddr) -> Option<&Record> {
    records.iter().find(|one| one.ip.is_ipv4() == address.is_ipv4())
}

fn missing(name: &str, family: Option<Family>) -> Error {
    let family = family.map_or_else(String::new, |family| format!(" {family}"));
    let name = shown(name);
    refused(format!(
        "there is no{family} DynHost record of {name}, create one with dynhost ovh record add"
    ))
}
