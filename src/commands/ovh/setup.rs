//! `dynhost ovh setup`: from an account to a name that works.

use std::net::IpAddr;

use super::super::configuration::state_dir;
use super::super::resume::resume;
use super::super::update::reread_and_update;
use super::caller::Caller;
use super::place::Place;
use super::rehearsal::Rehearsal;
use super::wait::{self, Shown};
use super::{ask, new_password, print, refused, shown, sub_domain, usage};
use crate::LOG;
use crate::address::Family;
use crate::cli::ovh::Setup;
use crate::cli::{Invocation, UpdateOptions};
use crate::config::Secret;
use crate::dns::authority::{Report, Servers};
use crate::error::{EXIT_HELD, EXIT_NO_ADDRESS, EXIT_OK, EXIT_RETRY, Error};
use crate::io::dns::Names;
use crate::io::{authoritative, files, terminal};
use crate::ovh::api::Api;
use crate::ovh::names;
use crate::ovh::plan::{Action, Existing, Wanted, plan};
use crate::ovh::setup::{gather, perform};
use crate::pass::Engine;
use crate::poke::Answer;
use crate::uci::edit;

/// Sub-domains that are offered; more are no help.
const MAX_CHOICES: usize = 20;

pub(super) fn run(
    invocation: &Invocation,
    caller: &mut Caller,
    zone: &str,
    wish: &Setup,
) -> Result<u8, Error> {
    let sub_domain = match &wish.sub_domain {
        Some(text) => sub_domain(text, zone)?,
        None => ask_sub_domain(&mut Api::new(caller), zone)?,
    };
    if let Some(suffix) = &wish.suffix {
        names::check_suffix(suffix).map_err(usage)?;
    }
    let hostname = match sub_domain.as_str() {
        "" => zone.to_owned(),
        sub_domain => format!("{sub_domain}.{zone}"),
    };
    let path = invocation.config.clone().unwrap_or_else(|| files::config_path().into());
    let place = Place::find(path, &hostname, wish.host.as_deref())?;
    let addresses = addresses(invocation, &place, &own_options(&hostname, &wish.families))?;
    let wanted = Wanted {
        zone,
        sub_domain: &sub_domain,
        addresses: &addresses,
        suffix: wish.suffix.as_deref(),
        new_password: wish.new_password,
        replace: wish.replace,
    };
    Run { invocation, wish, place, hostname: &hostname, wanted }.run(caller)
}

/// What every write into the section sets.
fn own_options<'a>(hostname: &'a str, families: &[Family]) -> Vec<(&'a str, edit::Wanted<'a>)> {
    const BOTH: [&str; 2] = ["ipv4", "ipv6"];
    let mut options = vec![("hostname", edit::Wanted::Value(hostname))];
    match families {
        [] => {}
        [Family::Ipv4] => options.push(("family", edit::Wanted::List(&BOTH[..1]))),
        [Family::Ipv6] => options.push(("family", edit::Wanted::List(&BOTH[1..]))),
        _ => options.push(("family", edit::Wanted::List(&BOTH))),
    }
    options
}

fn ask_sub_domain(api: &mut Api<'_>, zone: &str) -> Result<String, Error> {
    if !terminal::can_ask() {
        return Err(usage("--subdomain is missing"));
    }
    let mut known: Vec<String> =
        api.records(zone, None)?.into_iter().map(|one| shown(&one.sub_domain).into()).collect();
    known.sort();
    known.dedup();
    known.truncate(MAX_CHOICES);
    let known =
        if known.is_empty() { String::new() } else { format!(", there are {}", known.join(", ")) };
    sub_domain(&ask(&format!("sub-domain (@ for {zone} itself{known}): "), "@")?, zone)
}

/// The WAN addresses, one of each family, as an update would find them.
fn addresses(
    invocation: &Invocation,
    place: &Place,
    options: &[(&str, edit::Wanted<'_>)],
) -> Result<Vec<IpAddr>, Error> {
    let config = place.rehearsed(options)?;
    let store = state_dir(invocation, &config).dry();
    let options = UpdateOptions { dry_run: true, ..UpdateOptions::default() };
    let lines = Engine::new(config, store)?.pass(&options)?;
    lines.iter().map(|line| address(&line.to_string())).collect()
}

/// The address in a line of `update`.
fn address(line: &str) -> Result<IpAddr, Error> {
    let mut fields = line.split('\t').skip(1);
    let family = fields.next().unwrap_or_default();
    let address = fields.nth(1).and_then(|address| address.parse().ok());
    let why = fields.next().unwrap_or_default();
    address
        .ok_or_else(|| Error::Refused { text: format!("{family}: {why}"), exit: EXIT_NO_ADDRESS })
}

/// One run with everything that is known before the API is asked.
struct Run<'a> {
    invocation: &'a Invocation,
    wish: &'a Setup,
    place: Place,
    hostname: &'a str,
    wanted: Wanted<'a>,
}

impl Run<'_> {
    fn run(&self, caller: &mut Caller) -> Result<u8, Error> {
        let mut api = Api::new(caller);
        let mut existing = gather(&mut api, &self.wanted, self.place.section.clone())?;
        let servers = self.look_at_dns(&mut existing);
        let actions =
            plan(&self.wanted, &existing).map_err(|obstacle| refused(obstacle.to_string()))?;
        if self.wish.dry_run {
            return self.rehearse(&actions);
        }
        for action in &actions {
            self.act(&mut api, action)?;
            print(&format!("{action}\n"))?;
        }
        self.place.write(&own_options(self.hostname, &self.wish.families))?;
        self.publish(actions.iter().any(Action::changes), servers.as_ref())
    }

    /// Who holds the zone, by the DNS, and whether the records are there already.
    fn look_at_dns(&self, existing: &mut Existing) -> Option<Servers> {
        let names = Names::default();
        let servers = match authoritative::servers_of(self.wanted.zone, &names) {
            Ok(servers) => servers.unwrap_or_default(),
            Err(failure) => {
                let zone = self.wanted.zone;
                log::warn!(target: LOG, "the DNS does not tell who holds {zone}: {}", dns(failure));
                return None;
            }
        };
        existing.delegated = Some(servers.iter().map(|name| name.as_str().into()).collect());
        existing.is_visible = self.wanted.addresses.iter().all(|address| {
            let family = Family::of(*address);
            let reports = authoritative::ask(&servers, self.hostname, family, &names);
            reports.iter().all(Report::has_address)
        });
        Some(servers)
    }

    /// Prints what would be done, and with which calls.
    fn rehearse(&self, actions: &[Action]) -> Result<u8, Error> {
        let mut lines = Vec::new();
        for action in actions {
            lines.push(format!("{action}\n"));
            let mut rehearsal = Rehearsal(&mut lines);
            // That there is no answer is no matter here.
            let _ = perform(
                &mut Api::new(&mut rehearsal),
                &self.wanted,
                action,
                &Secret::new(String::new()),
            );
        }
        print(&lines.concat())
    }

    fn act(&self, api: &mut Api<'_>, action: &Action) -> Result<(), Error> {
        let mut options = own_options(self.hostname, &self.wish.families);
        match action {
            Action::WriteSection { login } => {
                let password = new_password()?;
                options.extend([
                    ("enabled", edit::Wanted::Value("0")),
                    ("username", edit::Wanted::Value(login)),
                    ("password", edit::Wanted::Value(password.reveal())),
                    ("password_file", edit::Wanted::Absent),
                ]);
                self.place.write(&options)
            }
            Action::Enable => {
                options.push(("enabled", edit::Wanted::Value("1")));
                self.place.write(&options)
            }
            Action::CreateLogin { .. } | Action::SetPassword { .. } => {
                self.place.write(&options)?;
                Ok(perform(api, &self.wanted, action, &self.place.password()?)?)
            }
            other => Ok(perform(api, &self.wanted, other, &Secret::new(String::new()))?),
        }
    }

    /// Updates once, then waits for the DNS.
    fn publish(&self, has_changed: bool, servers: Option<&Servers>) -> Result<u8, Error> {
        let hosts = [self.place.name.clone()];
        let mut answer = reread_and_update(self.invocation, &hosts, false)?;
        if answer.exit == EXIT_HELD && has_changed {
            // It was held for what has just been mended.
            resume(self.invocation, &hosts)?;
            answer = reread_and_update(self.invocation, &hosts, false)?;
        } else if answer.exit == EXIT_RETRY {
            // It may be waiting for what a run before this one has failed at.
            answer = reread_and_update(self.invocation, &hosts, true)?;
        }
        print(&answer.lines)?;
        if answer.exit != EXIT_OK {
            return Ok(answer.exit);
        }
        self.wait(&answer, servers)
    }

    fn wait(&self, answer: &Answer, servers: Option<&Servers>) -> Result<u8, Error> {
        let lines = answer.lines.lines();
        let addresses: Vec<IpAddr> = lines.map(address).collect::<Result<_, _>>()?;
        let Some(servers) = servers else {
            let text = "the DNS could not be asked whether it shows the name: all else is done, \
                        look again with dynhost ovh setup";
            return Err(Error::Refused { text: text.into(), exit: EXIT_RETRY });
        };
        let shown = Shown { servers, hostname: self.hostname, addresses: &addresses };
        wait::wait(&shown, self.wish.wait)?;
        let join = |all: Vec<String>| all.join(" and ");
        let addresses = join(addresses.iter().map(IpAddr::to_string).collect());
        let servers = join(servers.iter().map(|name| name.as_str().into()).collect());
        print(&format!("{} points at {addresses}, say {servers}\n", self.hostname))
    }
}

/// Why the DNS was not asked; an update's sentences speak of the provider.
fn dns(failure: crate::provider::failure::Failure) -> &'static str {
    match failure {
        crate::provider::failure::Failure::DnsRefused => {
            "the servers in /etc/resolv.conf refuse or fail to look it up"
        }
        _ => "no server in /etc/resolv.conf answers",
    }
}
