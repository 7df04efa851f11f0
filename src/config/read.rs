//! The text of a configuration -> [`Config`].

use super::table::Described;
use super::{AgentOptions, Config, Severity, agent, faults, host, hosts, provider, suggest};
use crate::uci;

/// Reads a configuration; `file` is the name that faults carry.
///
/// `read_secret` gives the content of a `password_file`, or a sentence why it cannot. With a
/// fault of [`Severity::File`] there are no hosts.
#[must_use]
pub fn read(
    file: &str,
    text: &[u8],
    read_secret: &dyn Fn(&str) -> Result<String, String>,
) -> Config {
    let parsed = uci::parse(text);
    let mut faults = faults::Faults::new(file);
    faults.complete = parsed.faults.is_empty();
    for fault in parsed.faults {
        faults.push(Severity::File, fault.line, fault.text);
    }
    for warning in parsed.warnings {
        faults.push(Severity::Warning, warning.line, warning.text);
    }
    let sections = &parsed.sections;
    for section in sections {
        check_kind(section, &mut faults);
    }
    let agent = agent::read(sections, &mut faults);
    let known = provider::read(sections, &mut faults);
    let mut hosts =
        hosts::Reader { known: &known, read_secret, faults: &mut faults }.read(sections);
    if !faults.complete {
        hosts.clear();
    }
    Config { agent, hosts, faults: faults.into_sorted() }
}

/// Whether a file that is read again is whole: an editor or a full disk can leave it empty or cut,
/// which is no reason to forget every host.
///
/// # Errors
/// A sentence that says what is missing.
pub fn check_whole(text: &[u8]) -> Result<(), &'static str> {
    if uci::parse(text).sections.is_empty() {
        return Err("the file has no section: it is empty, or was read while it was written");
    }
    if !text.ends_with(b"\n") {
        return Err("the file does not end with a line break, as if it was cut: add one if it is \
                    whole");
    }
    Ok(())
}

/// Warns of a section type that nothing reads.
fn check_kind(section: &uci::Section<'_>, faults: &mut faults::Faults<'_>) {
    const KINDS: [&str; 3] =
        [AgentOptions::SECTION, provider::Draft::SECTION, host::Draft::SECTION];
    if KINDS.contains(&&*section.kind) {
        return;
    }
    let near = suggest::nearest(&section.kind, KINDS.into_iter());
    let text = near.map_or_else(
        || String::from("unknown section type, there are agent, provider and host"),
        |kind| format!("unknown section type, did you mean 'config {kind}'?"),
    );
    faults.push(Severity::Warning, section.line, text);
}
