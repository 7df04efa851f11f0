//! The object `dynhost` on OpenWrt's ubus: what rpcd asks a program in `/usr/libexec/rpcd`, and the
//! answers.
//!
//! ```text
//! dynhost list              -> {"status":{},"update":{"host":"","force":true},...}
//! dynhost call METHOD < {}  -> one object, or {"error":{"code":...,"text":...,"field":...}}
//! ```
//!
//! rpcd checks no argument, ignores the exit status and kills after 30 s; so all of it is done
//! here. Who may call is decided by rpcd's ACL. In scope: reading a call, writing an answer, the
//! new text of the configuration. Out of scope: files and programs, for `commands/rpcd.rs`.

mod arguments;
mod change;
mod job;
mod json;
mod methods;
#[cfg(feature = "ovh")]
mod setup;
mod show;

use std::ffi::OsStr;
use std::path::Path;

pub(crate) use change::{Change, pause, remove, set};
#[cfg(feature = "ovh")]
pub(crate) use job::texts;
pub(crate) use job::{Said, doctor};
pub(crate) use json::{Object, list as json_list};
pub(crate) use methods::{Call, call, list};
#[cfg(feature = "ovh")]
pub(crate) use setup::{Keys, Step, Work, credentials};
pub(crate) use show::{config, faults, lines};

use crate::error::Error;

/// Longest input of a call, in bytes: what rpcd takes over HTTP.
pub(crate) const INPUT_MAX: usize = 64 * 1024;
/// The folder whose programs rpcd calls.
const FOLDER: &str = "rpcd";

/// Whether this is the name that rpcd calls a program by: one in a folder `rpcd`.
#[must_use]
pub fn is_called_so(program: &OsStr) -> bool {
    let folder = Path::new(program).parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder == FOLDER)
}

/// Why a call came to nothing; no sentence repeats a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    code: &'static str,
    text: String,
    fields: Vec<(String, String)>,
}

impl Refused {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), fields: Vec::new() }
    }

    /// A fault of one argument.
    fn of_field(field: &str, text: String) -> Self {
        Self::of_fields(vec![(field.into(), text)])
    }

    /// Faults beside the arguments that have them; never empty.
    fn of_fields(fields: Vec<(String, String)>) -> Self {
        let first = fields.first().map(|(field, text)| format!("{field} {text}"));
        Self { code: "invalid", text: first.unwrap_or_default(), fields }
    }

    pub(crate) fn to_json(&self) -> String {
        let Self { code, text, fields } = self;
        let mut error = Object::default().text("code", code).text("text", text);
        if let Some((field, _)) = fields.first() {
            let fault = |(field, text): &(String, String)| {
                Object::default().text("field", field).text("text", text).finish()
            };
            let fields: Vec<String> = fields.iter().map(fault).collect();
            error = error.text("field", field).raw("fields", &json_list(&fields));
        }
        Object::default().raw("error", &error.finish()).finish()
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let code = match error {
            Error::File { .. } => "file",
            Error::Config(_) => "config",
            Error::Busy { .. } | Error::Resident { .. } => "busy",
            Error::Usage(_) => "usage",
            Error::Netlink(_) | Error::System(_) => "system",
            Error::Refused { .. } => "refused",
        };
        Self::new(code, error.to_string())
    }
}

/// What a call and a program's output come to without the edge: the refusal, or what a change makes
/// of this configuration and what the output shows. For whoever tries every input there is.
///
/// No password file is read: there is none.
#[must_use]
pub fn rehearse(method: &str, input: &[u8], text: &[u8]) -> (Option<String>, Option<Vec<u8>>) {
    let no_file: &dyn Fn(&str) -> Result<String, String> = &|_| Err("there is no file".into());
    let changed = match call(method, input) {
        Err(refused) => Err(refused),
        Ok(Call::Set(wanted)) => set(text, &wanted, no_file),
        Ok(Call::Pause { host, paused }) => pause(text, (&host, paused), no_file),
        Ok(Call::Remove { host }) => remove(text, &host),
        #[cfg(feature = "ovh")]
        Ok(Call::Setup(Step::Keys(keys))) => {
            keys.put(text, "ovh-eu").map(|text| Some(text.into_bytes()))
        }
        Ok(Call::Doctor { start, .. }) => {
            let said = Said { is_running: start, output: text, errors: text };
            Ok(Some(doctor(&said).finish().into_bytes()))
        }
        Ok(_) => Ok(None),
    };
    match changed {
        Ok(changed) => (None, changed),
        Err(refused) => (Some(refused.to_json()), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_in_a_folder_of_rpcd_speaks_its_protocol() {
        for (program, expected) in [
            ("/usr/libexec/rpcd/dynhost", true),
            ("rpcd/dynhost", true),
            ("/usr/bin/dynhost", false),
            ("dynhost", false),
            ("rpcd", false),
            ("/rpcd", false),
            ("", false),
        ] {
            assert_eq!(is_called_so(OsStr::new(program)), expected, "{program}");
        }
    }
}
