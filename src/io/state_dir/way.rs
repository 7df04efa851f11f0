//! Whether a stranger could put another directory in the place of the state's: he needs one of the
//! directories or links on the way to it, whatever rights it has itself.
//!
//! What is looked at cannot change meanwhile: each directory is safe before its entries are asked
//! for.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use super::trust::refused;

/// As many links as the kernel follows.
const LINKS_MAX: usize = 40;
const STICKY: u32 = 0o1000;

/// Refuses a way of which a part belongs to somebody who is not `trusted`, or may be changed by
/// users of another group than `group`. What is missing on it nobody else can make.
pub(super) fn check(path: &Path, trusted: &dyn Fn(u32) -> bool, group: u32) -> io::Result<()> {
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    let mut rest = names(&std::path::absolute(path)?);
    while let Some(name) = rest.pop() {
        if let Some(text) = fault(&at, &fs::metadata(&at)?, trusted, group) {
            return Err(refused(&text));
        }
        if name == ".." {
            at.pop();
            continue;
        }
        let next = at.join(name);
        let found = match fs::symlink_metadata(&next) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        if !found.is_symlink() {
            at = next;
            continue;
        }
        if !trusted(found.uid()) {
            let (link, user) = (next.display(), found.uid());
            return Err(refused(&format!(
                "{link} on the way to it is a symbolic link of user {user}, who could make it lead \
                 elsewhere: remove it, or name another state_dir"
            )));
        }
        links += 1;
        if links > LINKS_MAX {
            return Err(rustix::io::Errno::LOOP.into());
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            at = "/".into();
        }
        rest.extend(names(&target));
    }
    Ok(())
}

/// The steps of a path, the first one last.
fn names(path: &Path) -> Vec<OsString> {
    let name = |step| match step {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().rev().filter_map(name).collect()
}

/// Why an entry of this directory may become another one.
fn fault(
    path: &Path,
    found: &Metadata,
    trusted: &dyn Fn(u32) -> bool,
    group: u32,
) -> Option<String> {
    let (path, user, mode) = (path.display(), found.uid(), found.mode() & 0o7777);
    if !trusted(user) {
        return Some(format!(
            "the directory {path} on the way to it belongs to user {user}, who could put another \
             in its place: chown it to root, or name another state_dir"
        ));
    }
    // Root's group has nobody in it, and a user's own only that user.
    let is_own_group = [0, group].contains(&found.gid());
    let others = if is_own_group { 0o002 } else { 0o022 };
    // With the sticky bit each entry is its owner's, and that one is asked for next.
    (mode & others != 0 && mode & STICKY == 0).then(|| {
        format!(
            "users other than its owner (user {user}) may write the directory {path} on the way to \
             it (mode {mode:04o}), and so put another in its place: chmod go-w it, or name another \
             state_dir"
        )
    })
}
