//! The section of the configuration that `setup` fills.

use std::borrow::Cow;

use crate::config::{self, Config, HostEntry, Secret, Severity};
use crate::error::{EXIT_CONFIG, Error};
use crate::io::config_file::ConfigFile;
use crate::io::files;
use crate::ovh::plan;
use crate::uci::edit::{self, Target, Wanted};
use crate::uci::{self, Value};

/// Longest name of a section, in bytes.
const NAME_MAX: usize = 32;
const KIND: &str = "host";

/// Where it is, and what it says already.
pub(super) struct Place {
    pub(super) path: String,
    pub(super) name: String,
    /// `None` if it is to be made.
    pub(super) section: Option<plan::Section>,
    text: Vec<u8>,
}

impl Place {
    /// The section named, that of the hostname, or a name for a new one.
    pub(super) fn find(path: String, hostname: &str, named: Option<&str>) -> Result<Self, Error> {
        let file = ConfigFile::open(&path)?;
        let text = file.text().to_vec();
        let parsed = uci::parse(&text);
        let hosts: Vec<&uci::Section<'_>> =
            parsed.sections.iter().filter(|section| section.kind == KIND).collect();
        let name = match named {
            Some(name) => checked(name, &hosts, hostname)?,
            None => of_hostname(&hosts, hostname)
                .unwrap_or_else(|| new_name(&parsed.sections, hostname)),
        };
        let found = hosts.iter().find(|section| section.name.as_deref() == Some(&name));
        let section = found.map(|section| plan::Section {
            login: value(section, "username").unwrap_or_default().into_owned(),
            has_password: ["password", "password_file"]
                .iter()
                .any(|option| value(section, option).is_some()),
            enabled: value(section, "enabled")
                .is_none_or(|value| ["1", "yes", "on", "true", "enabled"].contains(&&*value)),
        });
        drop(parsed);
        Ok(Self { path, name, section, text })
    }

    /// The configuration with this host alone, switched on, as if it were filled already.
    pub(super) fn rehearsed(&self, options: &[(&str, Wanted<'_>)]) -> Result<Config, Error> {
        let mut options = options.to_vec();
        options.push(("enabled", Wanted::Value("1")));
        let section = self.section.as_ref();
        if section.is_none_or(|section| section.login.is_empty()) {
            options.push(("username", Wanted::Value("none")));
        }
        if !section.is_some_and(|section| section.has_password) {
            options.push(("password", Wanted::Value("none")));
        }
        let text = self.edited(&self.text, &options)?;
        let mut config = self.read(&text)?;
        config.hosts.retain(|host| host.name() == self.name);
        Ok(config)
    }

    /// Writes options into the section; all else stays, and what holds already is not written.
    pub(super) fn write(&self, options: &[(&str, Wanted<'_>)]) -> Result<(), Error> {
        let file = ConfigFile::open(&self.path)?;
        let text = self.edited(file.text(), options)?;
        if text == file.text() { Ok(()) } else { file.replace(&text) }
    }

    /// The password that the section holds by now.
    pub(super) fn password(&self) -> Result<Secret, Error> {
        let config = self.read(&files::read_config(&self.path)?)?;
        let mut hosts = config.hosts.iter().filter_map(HostEntry::usable);
        let host = hosts.find(|host| host.name == self.name.as_str());
        host.map(|host| host.password.clone())
            .ok_or_else(|| self.refused("it was changed meanwhile"))
    }

    /// The configuration, if the host is usable in it.
    fn read(&self, text: &[u8]) -> Result<Config, Error> {
        let mut config = config::read(&self.path, text, &files::read_secret);
        let is_faulty = |host: &HostEntry| host.name() == self.name && host.usable().is_none();
        if config.hosts.is_empty() || config.hosts.iter().any(is_faulty) {
            config.faults.retain(|fault| fault.severity != Severity::Warning);
            return Err(Error::Config(config.faults));
        }
        Ok(config)
    }

    fn edited(&self, text: &[u8], options: &[(&str, Wanted<'_>)]) -> Result<Vec<u8>, Error> {
        let target = Target { kind: KIND, name: &self.name };
        edit::set(text, target, options).map_err(|refusal| self.refused(&refusal.to_string()))
    }

    fn refused(&self, why: &str) -> Error {
        Error::Refused { text: format!("{}: {why}", self.path), exit: EXIT_CONFIG }
    }
}

fn value<'a>(section: &'a uci::Section<'_>, option: &str) -> Option<Cow<'a, str>> {
    match &section.option(option)?.value {
        Value::String(value) => Some(Cow::Borrowed(value.as_ref())),
        Value::List(_) => None,
    }
}

fn is_of(section: &uci::Section<'_>, hostname: &str) -> bool {
    let own = value(section, "hostname");
    own.is_some_and(|own| own.trim_end_matches('.').eq_ignore_ascii_case(hostname))
}

/// A name that was given, unless its section keeps another name current.
fn checked(name: &str, hosts: &[&uci::Section<'_>], hostname: &str) -> Result<String, Error> {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(is_name) {
        return Err(Error::Usage("--host takes up to 32 letters, digits and _".into()));
    }
    let own = hosts.iter().find(|section| section.name.as_deref() == Some(name));
    match own.and_then(|section| value(section, "hostname")) {
        Some(other) if !own.is_some_and(|own| is_of(own, hostname)) => Err(Error::Usage(format!(
            "the section {name} is for {other}, name another one with --host"
        ))),
        _ => Ok(name.into()),
    }
}

fn of_hostname(hosts: &[&uci::Section<'_>], hostname: &str) -> Option<String> {
    let own = hosts.iter().find(|section| is_of(section, hostname))?;
    own.name.as_ref().map(|name| name.clone().into_owned())
}

/// The first label with what no name may have as `_`; with a number if another section has it.
fn new_name(sections: &[uci::Section<'_>], hostname: &str) -> String {
    let first = hostname.split('.').next().unwrap_or_default();
    let stem: String = first
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(NAME_MAX - 2)
        .collect();
    let is_free = |name: &String| {
        let own = sections.iter().find(|section| section.name.as_deref() == Some(name));
        own.is_none_or(|own| own.kind == KIND && own.option("hostname").is_none())
    };
    let numbered = (2..=uci::MAX_SECTIONS + 2).map(|number| format!("{stem}{number}"));
    std::iter::once(stem.clone()).chain(numbered).find(is_free).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_section_is_named_by_the_first_label_and_takes_no_other_ones_name() {
        let rows = [
            ("", "home.example.com", "home"),
            ("", "my-home.example.com", "my_home"),
            (
                "config host 'home'\n\toption hostname 'home.example.net'\n",
                "home.example.com",
                "home2",
            ),
            ("config host 'home'\n\toption interface 'wan'\n", "home.example.com", "home"),
            ("config provider 'home'\n", "home.example.com", "home2"),
        ];
        for (text, hostname, expected) in rows {
            assert_eq!(
                new_name(&uci::parse(text.as_bytes()).sections, hostname),
                expected,
                "{text}"
            );
        }
        let long = format!("{}.example.com", "a".repeat(63));
        assert_eq!(new_name(&[], &long).len(), NAME_MAX - 2);
    }
}
