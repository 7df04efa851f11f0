//! UCI sections -> [`Config`]: every value checked once, every fault named with its file and line.
//!
//! [`options`] is the one table of what there is: it drives parsing, "did you mean" and the docs.
//! In scope: everything one can know from the text. Out of scope: the file's mode and whether
//! paths exist, which [`crate::io`] sees. No fault repeats a value that may hold a password.

mod agent;
mod faults;
mod host;
mod hostname;
mod hosts;
mod options;
mod password;
mod provider;
mod read;
mod secret;
mod sources;
mod suggest;
mod table;
mod url;
mod value;

use crate::address::Family;

pub use crate::address::source::Source;
pub use crate::address::uplink::{Interfaces, MAX_INTERFACES, Uplink};
pub use faults::{Fault, Severity};
pub use options::options;
pub use read::{check_whole, read};
pub use secret::Secret;
pub use table::OptionDoc;
#[cfg(feature = "web")]
pub(crate) use url::masked;
pub use url::{Addresses, UrlTemplate};

/// More hosts than this are a fault: each record costs state and time on a router.
pub const MAX_HOSTS: usize = 32;

/// More sites than this do not make an address more certain.
pub const MAX_SITES: usize = 4;

/// The whole configuration, checked; a host with a fault is still listed, with that fault.
#[derive(Debug)]
pub struct Config {
    /// `config agent`.
    pub agent: AgentOptions,
    /// `config host`, in the order of the file.
    pub hosts: Vec<HostEntry>,
    /// Every fault and warning found, in the order of the file.
    pub faults: Vec<Fault>,
}

/// A `config host` section: usable, or taken out by its first fault.
#[derive(Debug)]
pub enum HostEntry {
    /// Everything checked.
    Usable(Box<Host>),
    /// At least one fault: this host is left out, the others go on.
    Faulty {
        /// The section's name.
        name: SectionName,
        /// The first fault, as a sentence with file and line.
        fault: String,
    },
}

impl HostEntry {
    /// The host, unless a fault took it out.
    #[must_use]
    pub fn usable(&self) -> Option<&Host> {
        match self {
            Self::Usable(host) => Some(host),
            Self::Faulty { .. } => None,
        }
    }

    /// The section's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Usable(host) => &host.name,
            Self::Faulty { name, .. } => name,
        }
    }
}

/// A section name, `[A-Za-z0-9_]+`: the handle that commands and state use.
pub type SectionName = heapless::String<32>;

/// The name of a logical interface, as netifd has it.
pub type InterfaceName = heapless::String<32>;

/// `config agent`.
#[derive(Debug, Default)]
pub struct AgentOptions {
    /// `log_level`; the default is `info`.
    pub log_level: Option<log::LevelFilter>,
    /// `state_dir`.
    pub state_dir: Option<String>,
    /// `resident`: stay running on OpenWrt (read by the init script).
    pub resident: bool,
    /// `on_change`: a program run at transitions of any host.
    pub on_change: Option<String>,
}

/// One `config host` section, checked.
#[derive(Debug)]
pub struct Host {
    /// The section's name.
    pub name: SectionName,
    /// `enabled`, default on.
    pub enabled: bool,
    /// The name to keep current: lower case, punycode, no trailing dot.
    pub hostname: DnsName,
    /// The identifier's login, `<zone>-<suffix>` at OVHcloud.
    pub username: String,
    /// The identifier's password.
    pub password: Secret,
    /// Where updates go.
    pub provider: Provider,
    /// One record each, never empty, no family twice.
    pub families: heapless::Vec<Family, 2>,
    /// Which line's address is published.
    pub uplink: Uplink,
    /// Tried in order, never empty.
    pub sources: heapless::Vec<Source, { Source::ALL.len() }>,
    /// `command`: program and arguments, split at blanks, no shell.
    pub command: Vec<String>,
    /// `gateway`: the box that natpmp and upnp believe; that of the default route if `None`.
    pub gateway: Option<std::net::Ipv4Addr>,
    /// The sites of source web.
    pub web: Web,
    /// `suffix`: host part for a machine in the LAN, added to the delegated prefix.
    pub suffix: Option<std::net::Ipv6Addr>,
    /// `bind`: this host's traffic leaves by its device or not at all.
    pub bind: bool,
    /// `allow_special`: publish addresses that are not globally reachable, too.
    pub allow_special: bool,
    /// `refresh_days`: repeat an unchanged address after that many days; 0 (default) means never.
    pub refresh_days: u16,
    /// `verify_hours`: how often the zone's own servers are asked; 0 for never.
    pub verify_hours: u16,
    /// `on_change`: a program run at this host's transitions.
    pub on_change: Option<String>,
}

/// Sites that name the address they see, and how they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Web {
    /// `web`: their URLs.
    pub sites: heapless::Vec<Secret, MAX_SITES>,
    /// `poll_minutes`: asked once in that time.
    pub poll_minutes: u16,
    /// `ca_file`: the only authorities trusted for them.
    pub ca_file: Option<String>,
}

/// Where updates go: the built-in `ovh`, or a `config provider` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The section's name.
    pub name: SectionName,
    /// Where updates go; `https`, or `http` if allowed.
    pub url: UrlTemplate,
    /// `ca_file`: the only authorities trusted for this provider.
    pub ca_file: Option<String>,
}

/// Who a provider is, as far as what to do about a rejection depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// `OVHcloud`: its customer area and what it calls things are known.
    Ovh,
    /// Any other server of the protocol.
    Other,
}

/// A fully qualified name as DNS takes it: lower-case letters, digits, hyphens, at most 253 bytes;
/// where the provider allows it, the first label may be `*`.
pub type DnsName = heapless::String<253>;

#[cfg(test)]
mod tests;
