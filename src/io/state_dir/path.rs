//! The way to a directory, step by step, so that nobody moves it meanwhile.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, fchmod, mkdirat, openat, readlinkat};
use rustix::io::Errno;

use super::super::files::FileKind;
use super::dir::{DIRECTORY, PATH};
use super::trust::{is_ours, refused};

/// The directory above, and the name in it.
pub(super) fn split(path: &Path) -> io::Result<(PathBuf, PathBuf)> {
    match path.components().next_back() {
        Some(Component::Normal(name)) => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Ok((parent.unwrap_or(Path::new(".")).into(), name.into()))
        }
        Some(_) => Ok((path.into(), ".".into())),
        None => Err(ErrorKind::NotFound.into()),
    }
}

/// Opens the directory above, by links or not, so that what is then done is done in it alone.
///
/// As deep as missing directories go: the kernel takes no path over 4096 bytes.
pub(super) fn parent_of(path: &Path, make: bool) -> io::Result<File> {
    match open(CWD, path, PATH.union(OFlags::DIRECTORY), 0) {
        Ok(parent) => Ok(parent),
        Err(Errno::NOENT) if make => {
            let (above, name) = split(path)?;
            Ok(entered(&parent_of(&above, make)?, &name, make)?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn entered(parent: &File, name: &Path, make: bool) -> Result<File, Errno> {
    match open(parent.as_fd(), name, DIRECTORY, 0) {
        Err(Errno::NOENT) if make => {
            make_directory(parent, name, 0o755)?;
            open(parent.as_fd(), name, DIRECTORY, 0)
        }
        opened => opened,
    }
}

/// The one way to open anything here, so that a path is made fit for the kernel in one place.
pub(super) fn open(
    parent: BorrowedFd<'_>,
    name: &Path,
    flags: OFlags,
    mode: u32,
) -> Result<File, Errno> {
    openat(parent, name, flags, Mode::from_raw_mode(mode)).map(File::from)
}

/// Makes a directory of that mode whatever the umask is.
pub(super) fn make_directory(parent: &File, name: &Path, mode: u32) -> Result<(), Errno> {
    let mode = Mode::from_raw_mode(mode);
    match mkdirat(parent, name, mode) {
        Ok(()) => fchmod(open(parent.as_fd(), name, DIRECTORY, 0)?, mode),
        Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The directory behind a link of root's or ours; what it says is read from the link itself.
pub(super) fn followed(parent: &File, name: &Path) -> io::Result<File> {
    let link = open(parent.as_fd(), name, PATH.union(OFlags::NOFOLLOW), 0)?;
    let found = link.metadata()?;
    if !found.is_symlink() {
        let text = format!("it is {}, wanted is a directory", FileKind(found.file_type()));
        return Err(io::Error::new(ErrorKind::NotADirectory, text));
    }
    if !is_ours(found.uid()) {
        let text = format!("it is a symbolic link of user {}, remove it", found.uid());
        return Err(refused(&text));
    }
    let target = readlinkat(&link, "", Vec::new())?.into_bytes();
    let target = Path::new(OsStr::from_bytes(&target));
    Ok(open(parent.as_fd(), target, DIRECTORY, 0)?)
}
