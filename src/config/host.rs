//! `config host`: its options, one by one; [`super::hosts`] checks them together.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::table::{Described, Spec, put, some};
use super::value::{absolute_path, boolean, credential, device, interface, section_name, username};
use super::{
    DnsName, Interfaces, MAX_SITES, Secret, SectionName, Severity, Source, hostname, sources,
};
use crate::address::{DeviceName, Family};

/// Most days between two refreshes.
const MAX_REFRESH_DAYS: u16 = 365;
/// Most hours between two looks at the DNS: a month.
const MAX_VERIFY_HOURS: u16 = 720;
/// Hours between two looks at the DNS if nothing is said.
pub(super) const VERIFY_HOURS: u16 = 6;

/// What a section says so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) enabled: Option<bool>,
    pub(super) hostname: Option<DnsName>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) password_file: Option<String>,
    pub(super) provider: Option<SectionName>,
    pub(super) families: heapless::Vec<Family, 2>,
    pub(super) interfaces: Interfaces,
    pub(super) device: Option<DeviceName>,
    pub(super) sources: heapless::Vec<Source, { Source::ALL.len() }>,
    pub(super) gateway: Option<Ipv4Addr>,
    pub(super) web: heapless::Vec<Secret, MAX_SITES>,
    pub(super) poll_minutes: Option<u16>,
    pub(super) ca_file: Option<String>,
    pub(super) insecure_http: bool,
    pub(super) command: Vec<String>,
    pub(super) suffix: Option<Ipv6Addr>,
    pub(super) bind: bool,
    pub(super) allow_special: bool,
    pub(super) refresh_days: u16,
    pub(super) verify_hours: Option<u16>,
    pub(super) on_change: Option<String>,
}

impl Described for Draft {
    const SECTION: &'static str = "host";
    const SEVERITY: Severity = Severity::Host;
    const OPTIONS: &'static [Spec<Self>] = &[
        Spec::one("enabled", "1", "whether the name is kept current", |draft, value| {
            some(&mut draft.enabled, boolean(value))
        }),
        Spec::one("hostname", "", "the name to keep current, fully qualified", |draft, value| {
            some(&mut draft.hostname, hostname::parse(value))
        }),
        Spec::hidden(
            "username",
            "",
            "login of the DynHost identifier, like example.com-home",
            |draft, value| some(&mut draft.username, username(value)),
        ),
        Spec::hidden("password", "", "password of the DynHost identifier", |draft, value| {
            some(&mut draft.password, credential(value).map(Secret::new))
        }),
        Spec::hidden(
            "password_file",
            "",
            "file that holds the password, instead of option password",
            |draft, value| some(&mut draft.password_file, absolute_path(value)),
        ),
        Spec::one(
            "provider",
            "ovh",
            "where updates go: ovh, or the name of a provider section",
            |draft, value| some(&mut draft.provider, section_name(value)),
        ),
        Spec::each(
            "family",
            "ipv4",
            "ipv4 (an A record), ipv6 (an AAAA record), or both as a list",
            |draft, value| push_once(&mut draft.families, family(value)),
        ),
        Spec::each(
            "interface",
            "",
            "logical interface of OpenWrt whose address is published; of a list, the first that is \
             up and has an address",
            |draft, value| push_once(&mut draft.interfaces, interface(value)),
        ),
        Spec::one(
            "device",
            "that of the default route",
            "kernel device whose address is published",
            |draft, value| some(&mut draft.device, device(value)),
        ),
        Spec::each(
            "source",
            "interface",
            "who names the address, tried in order: interface, natpmp, upnp, web, command, or auto",
            |draft, value| push_once(&mut draft.sources, sources::source(value)),
        ),
        Spec::hidden(
            "command",
            "",
            "program with arguments that prints the address, for source command",
            |draft, value| put(&mut draft.command, command(value)),
        ),
        Spec::one(
            "gateway",
            "that of the default route",
            "the only box that natpmp and upnp believe",
            |draft, value| some(&mut draft.gateway, sources::gateway(value)),
        ),
        Spec::each(
            "web",
            "",
            "https address of a site that answers with the address it sees, for source web",
            |draft, value| push_once(&mut draft.web, sources::site(value)),
        ),
        Spec::one(
            "poll_minutes",
            "5",
            "how often the sites of web are asked, in minutes",
            |draft, value| some(&mut draft.poll_minutes, sources::poll_minutes(value)),
        ),
        Spec::one(
            "ca_file",
            "the system's certificates",
            "PEM file with the only authorities trusted for the sites of web",
            |draft, value| some(&mut draft.ca_file, absolute_path(value)),
        ),
        Spec::one(
            "insecure_http",
            "0",
            "allow sites of web with http://, where anybody on the way can name an address",
            |draft, value| put(&mut draft.insecure_http, boolean(value)),
        ),
        Spec::one(
            "suffix",
            "",
            "lower 64 bits of the address of a machine in the LAN, like ::1:2:3:4",
            |draft, value| some(&mut draft.suffix, suffix(value)),
        ),
        Spec::one(
            "bind",
            "0",
            "traffic of this host, its look-ups too, leaves by its device, or not at all",
            |draft, value| put(&mut draft.bind, boolean(value)),
        ),
        Spec::one(
            "allow_special",
            "0",
            "publish addresses that are not globally reachable, too",
            |draft, value| put(&mut draft.allow_special, boolean(value)),
        ),
        Spec::one(
            "refresh_days",
            "0",
            "send an unchanged address again after that many days, 0 for never",
            |draft, value| put(&mut draft.refresh_days, refresh_days(value)),
        ),
        Spec::one(
            "verify_hours",
            "6",
            "how often an agent that stays asks the servers of the zone for the address, in hours, 0 \
             for never",
            |draft, value| some(&mut draft.verify_hours, verify_hours(value)),
        ),
        Spec::hidden(
            "on_change",
            "",
            "program that is run when the state of this host changes",
            |draft, value| some(&mut draft.on_change, absolute_path(value)),
        ),
    ];
}

fn family(value: &str) -> Result<Family, String> {
    match value {
        "ipv4" => Ok(Family::Ipv4),
        "ipv6" => Ok(Family::Ipv6),
        _ => {
            Err("allowed are ipv4 and ipv6, for both: list family 'ipv4', list family 'ipv6'"
                .into())
        }
    }
}

fn push_once<T: PartialEq, const N: usize>(
    list: &mut heapless::Vec<T, N>,
    item: Result<T, String>,
) -> Result<(), String> {
    let item = item?;
    if list.contains(&item) {
        return Err("is listed twice, once is enough".into());
    }
    list.push(item).map_err(|_| format!("is one too many, allowed are {N}"))
}

/// Split at blanks, without a shell: a service needs no quoting rules of its own.
fn command(value: &str) -> Result<Vec<String>, String> {
    let path = absolute_path(value)?;
    Ok(path.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

/// A host part: the upper 64 bits come from the delegated prefix.
fn suffix(value: &str) -> Result<Ipv6Addr, String> {
    let address: Ipv6Addr = value.parse().map_err(|_| "is no IPv6 suffix, allowed is ::1:2:3:4")?;
    match address.to_bits() {
        0 => Err("is the whole prefix, give the host's lower 64 bits like ::1:2:3:4".into()),
        bits if bits >> 64 != 0 => {
            Err("has upper bits, which come from the prefix: give the lower 64 like ::1:2:3:4"
                .into())
        }
        _ => Ok(address),
    }
}

fn refresh_days(value: &str) -> Result<u16, String> {
    let days = number(value, MAX_REFRESH_DAYS);
    days.ok_or_else(|| format!("allowed are 0 (never) to {MAX_REFRESH_DAYS} days"))
}

fn verify_hours(value: &str) -> Result<u16, String> {
    let hours = number(value, MAX_VERIFY_HOURS);
    hours.ok_or_else(|| format!("allowed are 0 (never) to {MAX_VERIFY_HOURS} hours"))
}

fn number(value: &str, max: u16) -> Option<u16> {
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|number| digits && *number <= max)
}
