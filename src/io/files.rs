//! The files that the user writes, and where they are looked for.

use std::fmt;
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};

use crate::error::Error;
use crate::uci::MAX_TEXT as CONFIG_MAX;

/// Where the configuration is looked for: as libuci does on OpenWrt, then as elsewhere.
const CONFIGS: [&str; 3] = ["/var/run/uci/dynhost", "/etc/config/dynhost", "/etc/dynhost.conf"];
/// RAM on every system this runs on, so that no flash wears out.
const STATE_DIR: &str = "/var/run/dynhost";
/// A password file holds one line.
const SECRET_MAX: usize = 1024;

/// What to do about a configuration that is not there.
const MISSING: &str = "it does not exist: write it with a section config host 'home' and its \
                       hostname, username and password (man dynhost.conf), or name another file \
                       with --config";

/// The configuration file to read if none was named.
#[must_use]
pub fn config_path() -> &'static str {
    let found = CONFIGS.into_iter().find(|path| Path::new(path).exists());
    found.unwrap_or(CONFIGS[CONFIGS.len() - 1])
}

/// The state directory to use if none was named; systemd names one in `$STATE_DIRECTORY`, or
/// several with colons between them (systemd.exec(5)): the first is ours.
#[must_use]
pub fn state_dir_path() -> String {
    first_directory(&std::env::var("STATE_DIRECTORY").unwrap_or_default()).into()
}

fn first_directory(named: &str) -> &str {
    match named.split(':').next() {
        None | Some("") => STATE_DIR,
        Some(first) => first,
    }
}

/// Whether there is something at this path.
#[must_use]
pub fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

/// The content of the configuration file.
///
/// # Errors
/// [`Error::File`] if it cannot be read, is no regular file or is too long to be one.
pub fn read_config(path: &str) -> Result<Vec<u8>, Error> {
    let failed = |cause: io::Error| {
        // Keeps its kind, by which callers tell that there is none.
        let cause = match cause.kind() {
            ErrorKind::NotFound => io::Error::new(ErrorKind::NotFound, MISSING),
            _ => cause,
        };
        Error::File { verb: "read", path: path.into(), cause }
    };
    open_regular(path).and_then(|file| read_at_most(file, CONFIG_MAX)).map_err(failed)
}

/// The content of a `password_file`.
///
/// # Errors
/// A sentence that says why it cannot be read.
pub fn read_secret(path: &str) -> Result<String, String> {
    let content = open_regular(path)
        .and_then(|file| read_at_most(file, SECRET_MAX))
        .map_err(|error| format!("cannot read {path}: {error}"))?;
    String::from_utf8(content).map_err(|_| format!("{path} is not UTF-8"))
}

/// Opens a file that the user names, by whatever links; what is behind them is what counts. It
/// never waits: a FIFO would be waited for without end.
pub(super) fn open_regular(path: &str) -> io::Result<File> {
    // Before it is opened: that alone can start a watchdog or rewind a tape.
    check_regular(&fs::metadata(path)?)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(open(path, flags, Mode::empty())?);
    check_regular(&file.metadata()?)?;
    Ok(file)
}

fn check_regular(found: &Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    let text = format!("it is {}, wanted is a regular file", FileKind(found.file_type()));
    Err(io::Error::new(ErrorKind::InvalidInput, text))
}

pub(super) fn read_at_most(file: File, limit: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit_and_one = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit_and_one).read_to_end(&mut content)?;
    if content.len() > limit {
        let what = format!("it has more than {limit} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, what));
    }
    Ok(content)
}

/// What a file is, for a person.
pub(super) struct FileKind(pub(super) FileType);

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.0;
        f.write_str(match () {
            () if kind.is_file() => "a regular file",
            () if kind.is_dir() => "a directory",
            () if kind.is_symlink() => "a symbolic link",
            () if kind.is_fifo() => "a FIFO",
            () if kind.is_socket() => "a socket",
            () => "a device",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_state_directories_the_first_is_taken() {
        let rows = [
            ("", STATE_DIR),
            (":", STATE_DIR),
            ("/var/lib/dynhost", "/var/lib/dynhost"),
            ("/var/lib/dynhost:/var/lib/other", "/var/lib/dynhost"),
        ];
        for (named, expected) in rows {
            assert_eq!(first_directory(named), expected, "{named}");
        }
    }

    #[test]
    fn what_is_no_regular_file_is_refused_by_its_kind() {
        for (path, kind) in [("/", "a directory"), ("/dev/null", "a device")] {
            let error = read_config(path).expect_err(path).to_string();
            let sentence = format!("cannot read {path}: it is {kind}, wanted is a regular file");
            assert_eq!(error, sentence);
            assert_eq!(read_secret(path), Err(sentence));
        }
    }
}
