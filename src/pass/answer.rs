//! What the agent that stays does for those who ask it, and what it answers.

use super::Engine;
use super::selection::is_selected;
use crate::address::Family;
use crate::cli::UpdateOptions;
use crate::config::{Config, HostEntry};
use crate::poke::Request;
use crate::view::line::{Line, exit_code};

impl Engine {
    /// Releases the holds that were asked to be; what else was asked, as options for a look.
    pub(crate) fn heed<'r>(
        &mut self,
        requests: impl Iterator<Item = &'r Request>,
    ) -> UpdateOptions {
        let mut options = UpdateOptions::default();
        for request in requests {
            self.ledger.resume(&request.resume);
            options.forced.extend(forced(&self.config, request));
        }
        options
    }

    /// Whether two requests are about the same host.
    #[must_use]
    pub(crate) fn overlap(&self, one: &Request, other: &Request) -> bool {
        let mut hosts = self.config.hosts.iter();
        hosts.any(|host| is_about(one, host) && is_about(other, host))
    }

    /// Whether calls or programs are under way for what was asked.
    #[must_use]
    pub(crate) fn is_busy_with(&self, request: &Request) -> bool {
        let mut hosts = self.config.hosts.iter().filter(|host| is_about(request, host));
        hosts.any(|host| self.edge.is_busy_with(host.name()))
    }

    /// What `update` would have printed and exited with after the last look.
    #[must_use]
    pub(crate) fn answer(&self, request: &Request) -> (String, u8) {
        let lines = self.lines(&options(request));
        (printed(&lines), exit_code(&lines))
    }

    /// What the last look at the records that `options` select came to, in the order of the
    /// configuration.
    #[must_use]
    pub(crate) fn lines(&self, options: &UpdateOptions) -> Vec<Line> {
        let mut lines = Vec::new();
        for entry in self.config.hosts.iter().filter(|entry| is_selected(entry, options)) {
            match entry {
                HostEntry::Faulty { name, fault } => lines.push(Line::faulty(name, fault)),
                HostEntry::Usable(host) => {
                    let said = |family: &Family| self.edge.line(&(host.name.clone(), *family));
                    lines.extend(host.families.iter().filter_map(said).cloned());
                }
            }
        }
        lines
    }
}

/// The hosts that a request wants sent even if their address is published.
fn forced(config: &Config, request: &Request) -> Vec<String> {
    if request.force { selected(config, request) } else { Vec::new() }
}

/// Whether a request asks for this host, or has its hold released.
fn is_about(request: &Request, host: &HostEntry) -> bool {
    is_selected(host, &options(request)) || request.resume.iter().any(|name| name == host.name())
}

/// Which hosts a request selects.
fn options(request: &Request) -> UpdateOptions {
    let Request { hosts, interface, resume, .. } = request;
    let hosts = if hosts.is_empty() { resume } else { hosts }.clone();
    UpdateOptions { hosts, interface: interface.clone(), ..UpdateOptions::default() }
}

/// The names of the hosts that a request selects; those that are not configured are none of them.
pub(super) fn selected(config: &Config, request: &Request) -> Vec<String> {
    let options = options(request);
    let entries = config.hosts.iter().filter(|entry| is_selected(entry, &options));
    entries.map(|entry| entry.name().to_owned()).collect()
}

pub(super) fn printed(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
