//! `list source` and the options that belong to one source: what they may be, and what fits
//! together.

use std::net::Ipv4Addr;

use super::faults::Faults;
use super::host::Draft;
use super::{Secret, Severity, Source, Web, url};
use crate::address::web::POLL_MINUTES;
use crate::uci::Section;

/// Once a day is hardly keeping anything current.
const POLL_MINUTES_MAX: u16 = 1440;

/// A source that this program was built with.
pub(super) fn source(value: &str) -> Result<Source, String> {
    let built = || Source::ALL.iter().filter(|source| source.about().is_built);
    match Source::named(value) {
        Some(source) if source.about().is_built => Ok(source),
        known => {
            let why = if known.is_some() { "this program was built without it, " } else { "" };
            let names: Vec<_> = built().map(|source| source.token()).collect();
            Err(format!("{why}allowed are {}", names.join(" ")))
        }
    }
}

/// A box in the local network.
pub(super) fn gateway(value: &str) -> Result<Ipv4Addr, String> {
    let address: Option<Ipv4Addr> = value.parse().ok();
    let is_box = |address: &Ipv4Addr| {
        !address.is_unspecified()
            && !address.is_loopback()
            && !address.is_multicast()
            && !address.is_broadcast()
    };
    let allowed = "allowed is the IPv4 address of the box, like 192.168.1.1";
    address.filter(is_box).ok_or_else(|| allowed.into())
}

/// The URL of a site; whether `http` is allowed is known only with the other options.
pub(super) fn site(value: &str) -> Result<Secret, String> {
    let path = url::path_of(value)?;
    if path.contains(['{', '}']) {
        return Err("must have no braces".into());
    }
    Ok(Secret::new(value.to_owned()))
}

pub(super) fn poll_minutes(value: &str) -> Result<u16, String> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let minutes = value.parse().ok().filter(|minutes| (1..=POLL_MINUTES_MAX).contains(minutes));
    minutes.filter(|_| digits).ok_or_else(|| format!("allowed are 1 to {POLL_MINUTES_MAX} minutes"))
}

/// What the sites are asked with.
pub(super) fn web(draft: &mut Draft) -> Web {
    Web {
        sites: std::mem::take(&mut draft.web),
        poll_minutes: draft.poll_minutes.unwrap_or(POLL_MINUTES),
        ca_file: draft.ca_file.take(),
    }
}

/// An option that only some sources read.
struct Belonging {
    option: &'static str,
    /// It reads this option; the first names it to the user.
    sources: &'static [Source],
    /// What a source without it lacks.
    needed: Option<&'static str>,
}

const BELONGING: [Belonging; 6] = [
    Belonging {
        option: "command",
        sources: &[Source::Command],
        needed: Some("option command '/path/of/program'"),
    },
    Belonging {
        option: "web",
        sources: &[Source::Web, Source::Auto],
        needed: Some("list web 'https://...', a site that answers with the address it sees"),
    },
    Belonging {
        option: "gateway",
        sources: &[Source::Natpmp, Source::Upnp, Source::Auto],
        needed: None,
    },
    Belonging { option: "poll_minutes", sources: &[Source::Web, Source::Auto], needed: None },
    Belonging { option: "ca_file", sources: &[Source::Web, Source::Auto], needed: None },
    Belonging { option: "insecure_http", sources: &[Source::Web, Source::Auto], needed: None },
];

/// What the sources of a host and their options say together.
pub(super) fn check_together(section: &Section<'_>, draft: &Draft, faults: &mut Faults<'_>) {
    let line = |option| section.option(option).map(|entry| entry.line);
    let source_line = line("source");
    for Belonging { option, sources, needed } in &BELONGING {
        let is_read = sources.iter().any(|source| draft.sources.contains(source));
        let names = sources[0].token();
        match (line(option), source_line) {
            (Some(at), source) if !is_read => {
                let verb = if *option == "command" { "runs" } else { "reads" };
                let text = format!("{option}: nothing {verb} it without list source '{names}'");
                // A source that has a fault of its own may have meant it.
                if source.is_none() || !draft.sources.is_empty() {
                    faults.push(Severity::Warning, at, text);
                }
            }
            (None, Some(source)) if draft.sources.contains(&sources[0]) => {
                if let Some(needed) = needed {
                    faults.missing(source, format!("source '{names}' needs {needed}"));
                }
            }
            _ => {}
        }
    }
    check_auto(draft, source_line, faults);
    check_http(draft, line("web"), faults);
}

fn check_auto(draft: &Draft, line: Option<u32>, faults: &mut Faults<'_>) {
    if let Some(line) = line.filter(|_| draft.sources.contains(&Source::Auto))
        && draft.sources.len() > 1
    {
        let text = "source 'auto' stands alone: list the sources themselves, or auto".into();
        faults.push(Severity::Host, line, text);
    }
}

fn check_http(draft: &Draft, line: Option<u32>, faults: &mut Faults<'_>) {
    let is_plain = draft.web.iter().any(|site| site.reveal().starts_with("http://"));
    if let Some(line) = line.filter(|_| is_plain) {
        let (severity, text) = if draft.insecure_http {
            (Severity::Warning, "web: anybody on the way to an http:// site can name an address")
        } else {
            let text = "web: with http:// anybody on the way can name an address, use https:// or \
                        set insecure_http '1'";
            (Severity::Host, text)
        };
        faults.push(severity, line, text.into());
    }
}
