//! Who is believed: root, the user running, and where root has said so the service's.

use std::io::{self, ErrorKind};

use super::super::owners;

/// Whom a directory is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Root and the user running: it is written, or decides what is done.
    Ours,
    /// This user as well, who is asked to write it.
    Keeper(u32),
    /// Anybody: it is only shown.
    Anybody,
}

/// Why a directory of that owner and mode is not one of the user running.
pub(super) fn fault(owner: u32, mode: u32, user: u32) -> Option<String> {
    if owner != 0 && owner != user {
        return Some(format!(
            "the directory belongs to user {owner} (mode {mode:04o}), who could replace every file \
             in it: chown it to the user that runs dynhost, or name another state_dir; if that is \
             this user, have its group, and nobody else, read the configuration of root"
        ));
    }
    // A sticky bit protects what is there, not the names that are still free.
    (mode & 0o022 != 0).then(|| {
        format!(
            "users other than its owner (user {owner}) may write the directory (mode {mode:04o}): \
             chmod go-w it, or name another state_dir"
        )
    })
}

/// Root, the user running, and in a user namespace, where root's own number has no name, whoever
/// has the root directory.
pub(super) fn is_ours(owner: u32) -> bool {
    owners::trusted().contains(&owner)
}

/// The group of the user running.
pub(super) fn group() -> u32 {
    rustix::process::getegid().as_raw()
}

/// The user running.
pub(super) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

pub(super) fn refused(text: &str) -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_ours_if_nobody_else_can_put_a_file_into_it() {
        let rows = [
            (0, 0o755, 0, None),
            (0, 0o700, 1000, None),
            (1000, 0o755, 1000, None),
            (0, 0o2755, 0, None),
            (1000, 0o755, 0, Some("belongs to user 1000 (mode 0755)")),
            (1000, 0o700, 0, Some("chown")),
            (2, 0o755, 1, Some("belongs to user 2")),
            (0, 0o775, 0, Some("(mode 0775): chmod go-w")),
            (0, 0o757, 0, Some("chmod go-w")),
            (0, 0o1777, 0, Some("(mode 1777): chmod go-w")),
        ];
        for (owner, mode, user, expected) in rows {
            let found = fault(owner, mode, user);
            match expected {
                None => assert_eq!(found, None, "{owner} {mode:o} {user}"),
                Some(part) => assert!(found.is_some_and(|text| text.contains(part)), "{part}"),
            }
        }
    }
}
