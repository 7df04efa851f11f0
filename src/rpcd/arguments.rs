//! The arguments of a call by their names, each taken once and checked as what it is for.

use super::json::Value;
use super::{Change, Refused};

/// Longest name of a section, as the configuration takes it.
pub(super) const MAX_NAME: usize = 32;

/// The arguments of a call; the types are those of the table.
#[derive(Default)]
pub(super) struct Arguments(Vec<(&'static str, Value)>);

impl Arguments {
    /// Adds one; the last of several counts, as everywhere in JSON.
    pub(super) fn add(&mut self, name: &'static str, value: Value) {
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value));
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|(other, _)| *other == name)?;
        Some(self.0.swap_remove(index).1)
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        match self.take(name) {
            Some(Value::Texts(items)) => Some(items),
            _ => None,
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name) {
            Some(Value::Flag(flag)) => Some(flag),
            _ => None,
        }
    }

    /// A section's name and nothing else: it becomes a word of a command line.
    pub(super) fn some_host(&mut self) -> Result<Option<String>, Refused> {
        let Some(host) = self.text("host") else { return Ok(None) };
        let is_legal = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if host.is_empty() || host.len() > MAX_NAME || !is_legal {
            let text = format!("takes 1 to {MAX_NAME} letters, digits and _ only");
            return Err(Refused::of_field("host", text));
        }
        Ok(Some(host))
    }

    pub(super) fn host(&mut self) -> Result<String, Refused> {
        self.some_host()?.ok_or_else(|| Refused::of_field("host", "is missing".into()))
    }

    pub(super) fn change(&mut self) -> Result<Change, Refused> {
        Ok(Change {
            host: self.host()?,
            is_new: self.flag("new").unwrap_or(false),
            enabled: self.flag("enabled"),
            hostname: self.text("hostname"),
            username: self.text("username"),
            // A form sends an empty one for "as it is".
            password: self.text("password").filter(|password| !password.is_empty()),
            provider: self.text("provider"),
            family: self.texts("family"),
            interface: self.texts("interface"),
            device: self.text("device"),
        })
    }
}
