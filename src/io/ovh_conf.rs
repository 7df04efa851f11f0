//! The files and variables that the vendor's SDKs take credentials from.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;

use rustix::process::geteuid;

use super::files::{open_regular, read_at_most};
use crate::LOG;
use crate::error::Error;
use crate::ovh::credentials::{FILES, MAX_FILE};

const STRANGERS: &str = "it belongs to another user, or everybody may write it, so that the calls \
                         could go anywhere: take it away or change its owner and mode";

/// A variable of the environment.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Name and text of each file that is there, the weightiest last.
///
/// # Errors
/// [`Error::File`] if one cannot be read, is too long, or is not the user's own.
pub fn files() -> Result<Vec<(String, String)>, Error> {
    let mut found = Vec::new();
    for shown in FILES {
        let Some(path) = path_of(shown) else { continue };
        match read(&path) {
            Ok(text) => found.push((path, text)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(Error::File { verb: "read", path, cause }),
        }
    }
    Ok(found)
}

fn path_of(shown: &str) -> Option<String> {
    match shown.strip_prefix('~') {
        Some(rest) => Some(variable("HOME")? + rest),
        None => Some(shown.into()),
    }
}

fn read(path: &str) -> io::Result<String> {
    let file = open_regular(path)?;
    check_owner(path, &file)?;
    let content = read_at_most(file, MAX_FILE)?;
    String::from_utf8(content).map_err(|_| io::Error::other("it is not UTF-8"))
}

fn check_owner(path: &str, file: &File) -> io::Result<()> {
    let metadata = file.metadata()?;
    let is_ours = [0, geteuid().as_raw()].contains(&metadata.uid());
    if !is_ours || metadata.mode() & 0o002 != 0 {
        return Err(io::Error::other(STRANGERS));
    }
    if metadata.mode() & 0o004 != 0 {
        log::warn!(target: LOG, "{path}: everybody can read the keys in it, set its mode to 600");
    }
    Ok(())
}
