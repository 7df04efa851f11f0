//! The files that the user writes, and where they are looked for.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::error::Error;
use crate::uci::MAX_TEXT as CONFIG_MAX;

/// Where the configuration is looked for: as libuci does on OpenWrt, then as elsewhere.
const CONFIGS: [&str; 3] = ["/var/run/uci/dynhost", "/etc/config/dynhost", "/etc/dynhost.conf"];
/// RAM on every system this runs on, so that no flash wears out.
const STATE_DIR: &str = "/var/run/dynhost";
/// A password file holds one line.
const SECRET_MAX: usize = 1024;

/// The configuration file to read if none was named.
#[must_use]
pub fn config_path() -> &'static str {
    let found = CONFIGS.into_iter().find(|path| Path::new(path).exists());
    found.unwrap_or(CONFIGS[CONFIGS.len() - 1])
}

/// The state directory to use if none was named; systemd names one in `$STATE_DIRECTORY`.
#[must_use]
pub fn state_dir_path() -> String {
    std::env::var("STATE_DIRECTORY").unwrap_or_else(|_| STATE_DIR.into())
}

/// The content of the configuration file.
///
/// # Errors
/// [`Error::File`] if it cannot be read or is too long to be one.
pub fn read_config(path: &str) -> Result<Vec<u8>, Error> {
    let failed = |cause| Error::File { verb: "read", path: path.into(), cause };
    read_at_most(Path::new(path), CONFIG_MAX).map_err(failed)
}

/// Whether anybody but owner and group may read the file.
#[must_use]
pub fn is_readable_by_others(path: &str) -> bool {
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
}

/// The content of a `password_file`.
///
/// # Errors
/// A sentence that says why it cannot be read.
pub fn read_secret(path: &str) -> Result<String, String> {
    let content = read_at_most(Path::new(path), SECRET_MAX)
        .map_err(|error| format!("cannot read {path}: {error}"))?;
    String::from_utf8(content).map_err(|_| format!("{path} is not UTF-8"))
}

pub(super) fn read_at_most(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit_and_one = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit_and_one).read_to_end(&mut content)?;
    if content.len() > limit {
        let what = format!("it has more than {limit} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, what));
    }
    Ok(content)
}
