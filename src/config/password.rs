//! The password of a host, from the configuration or from a file of its own.

use super::host::Draft;
use super::hosts::Reader;
use super::value::credential;
use super::{Secret, Severity};
use crate::text::is_printable;
use crate::uci::Section;

impl Reader<'_, '_> {
    /// Of `password` or of what `password_file` holds, exactly one.
    pub(super) fn password(&mut self, section: &Section<'_>, draft: &mut Draft) -> Option<Secret> {
        let line = |option| section.option(option).map(|entry| entry.line);
        let secret = match (line("password"), line("password_file")) {
            (Some(password), Some(file)) => {
                let text = format!(
                    "password and password_file (line {}) exclude each other, give one of them",
                    password.min(file)
                );
                self.faults.push(Severity::Host, password.max(file), text);
                None
            }
            (None, Some(line)) => {
                let path = draft.password_file.take()?;
                match (self.read_secret)(&path).and_then(|content| secret_in(&content)) {
                    Ok(secret) => Some((line, Secret::new(secret))),
                    Err(text) => {
                        self.faults.push(Severity::Host, line, format!("password_file: {text}"));
                        None
                    }
                }
            }
            (Some(line), None) => draft.password.take().map(|secret| (line, secret)),
            (None, None) => {
                let text = "this host has no password, add option password or password_file";
                self.faults.missing(section.line, text.into());
                None
            }
        };
        let (line, secret) = secret?;
        self.warn_of_unseen(line, "the password", secret.reveal());
        Some(secret)
    }

    /// A warning of what an editor or a web page may have left in a login or a password; it is sent
    /// as it is, as it may be meant.
    pub(super) fn warn_of_unseen(&mut self, line: u32, what: &str, value: &str) {
        let is_blank =
            value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace);
        let is_unseen = |c: char| c != ' ' && (c.is_whitespace() || !is_printable(c));
        let text = if is_blank {
            format!("{what} begins or ends with a blank, if that is no part of it remove it")
        } else if value.contains(is_unseen) {
            format!(
                "{what} holds a character that nobody sees, such as a no-break space or a byte \
                 order mark, if that is no part of it type it anew"
            )
        } else {
            return;
        };
        self.faults.push(Severity::Warning, line, text);
    }
}

/// The password in a file, without the line end that editors add; a fault never repeats it.
fn secret_in(content: &str) -> Result<String, String> {
    if content.starts_with('\u{feff}') {
        let text = "the file starts with a byte order mark, which is no part of a password: save \
                    it as UTF-8 without one";
        return Err(text.into());
    }
    let line = content.strip_suffix('\n').unwrap_or(content);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err("the file has no password in its first line".into());
    }
    if line.contains(['\n', '\r']) {
        return Err("the file has more than one line: leave the password alone in it".into());
    }
    credential(line)
}
