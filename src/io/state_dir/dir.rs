//! A directory by its descriptor: whatever its path is made to mean later, this one stays.
//!
//! Nothing in it is opened by a link, and nothing but a regular file is: a FIFO would be waited
//! for, and a device may act. The number of a file's hard links says nothing and is not asked
//! for: whoever may read the state can make one, and could stop the agent so.

use std::fs::{File, Metadata};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, chmodat, fchmod};
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;

use super::super::files::{FileKind, read_at_most};
use super::path::{entered, followed, make_directory, open, parent_of, split};
use super::trust::{Trust, fault, group, is_ours, refused, user};
use super::way;

const OPEN: OFlags = OFlags::CLOEXEC.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK);
pub(super) const PATH: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);
pub(super) const DIRECTORY: OFlags = OPEN.union(OFlags::DIRECTORY);

/// A directory that is open.
#[derive(Debug)]
pub(super) struct Dir {
    file: File,
    owner: u32,
    /// The group that enters what is private; only its owner does if there is none.
    shared_with: Option<u32>,
}

impl Dir {
    /// Opens the directory at `path`; `make` makes it, and those above it, if there is none.
    ///
    /// A link in its place is followed if root or the user running made it, as `/run/dynhost` is
    /// one for a service that keeps its state in `/var/lib`.
    pub(super) fn open(path: &Path, make: bool, trust: Trust) -> io::Result<Self> {
        match trust {
            Trust::Ours => way::check(path, &is_ours, group())?,
            Trust::Keeper(keeper) => {
                way::check(path, &|user| is_ours(user) || user == keeper, group())?;
            }
            Trust::Anybody => {}
        }
        let (parent, name) = split(path)?;
        let parent = parent_of(&parent, make)?;
        let file = match entered(&parent, &name, make) {
            Err(Errno::LOOP | Errno::NOTDIR) => followed(&parent, &name)?,
            opened => opened?,
        };
        let found = file.metadata()?;
        let is_shared = found.mode() & 0o2000 != 0;
        let dir = Self { file, owner: found.uid(), shared_with: is_shared.then_some(found.gid()) };
        match trust {
            Trust::Ours => dir.check(None)?,
            Trust::Keeper(user) => dir.check(Some(user))?,
            Trust::Anybody => {}
        }
        Ok(dir)
    }

    /// The directory `name` in this one, which nobody but its owner enters, and where this one has
    /// the setgid bit its group.
    ///
    /// The bit is how an administrator says it: a directory gets a group by itself.
    pub(super) fn private(&self, name: &str, make: bool) -> io::Result<Self> {
        if make {
            make_directory(&self.file, Path::new(name), 0o700)?;
        }
        let file = open(self.file.as_fd(), Path::new(name), DIRECTORY, 0)?;
        let found = file.metadata()?;
        let group = self.shared_with.filter(|group| *group == found.gid());
        let dir = Self { file, owner: found.uid(), shared_with: group };
        dir.check(Some(self.owner))?;
        let mode = if group.is_some() { 0o750 } else { 0o700 };
        // Who only asks leaves it as it is.
        if found.mode() & 0o777 != mode && found.uid() == user() {
            fchmod(&dir.file, Mode::from_raw_mode(mode))?;
        }
        Ok(dir)
    }

    /// Whether the group of the user running enters this directory.
    pub(super) fn is_shared(&self) -> bool {
        self.shared_with == Some(rustix::process::getegid().as_raw())
    }

    /// Gives an entry that nobody else could have put here this mode, whatever the umask is.
    pub(super) fn set_mode(&self, name: &str, mode: u32) -> Result<(), Errno> {
        chmodat(&self.file, name, Mode::from_raw_mode(mode), AtFlags::empty())
    }

    /// Whether the entry is this very file.
    pub(super) fn has(&self, name: &str, file: &Metadata) -> bool {
        let entry = open(self.file.as_fd(), Path::new(name), PATH.union(OFlags::NOFOLLOW), 0);
        let entry = entry.ok().and_then(|entry| entry.metadata().ok());
        entry.is_some_and(|entry| (entry.dev(), entry.ino()) == (file.dev(), file.ino()))
    }

    /// The content of a file that root, the user running or the directory's owner made.
    pub(super) fn read(&self, name: &str, limit: usize) -> io::Result<Vec<u8>> {
        let file = self.entry(name, OPEN)?;
        read_at_most(file, limit)
    }

    /// Opens a file that need not be there, and empties none that is.
    pub(super) fn open_or_make(&self, name: &str, mode: u32) -> io::Result<File> {
        let file = self.entry(name, OPEN | OFlags::RDWR | OFlags::CREATE)?;
        if file.metadata()?.mode() & 0o777 != mode {
            fchmod(&file, Mode::from_raw_mode(mode))?;
        }
        Ok(file)
    }

    /// Puts a file in the place of the old one so that a power cut leaves one or the other, whole.
    pub(super) fn replace(&self, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
        let temporary = half(name);
        let written = self
            .write(&temporary, content, mode)
            .and_then(|()| self.rename(&temporary, self, name));
        if written.is_err() {
            // Half a file helps nobody, least of all on a full disk.
            self.remove(&temporary);
        }
        written?;
        // Without this the rename itself may be lost (ext4 with fsync but no directory sync).
        self.file.sync_all()
    }

    /// Adds to the end of a file, which is made where there is none, so that it outlives a cut.
    pub(super) fn append(&self, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
        let mut file = self.open_or_make(name, mode)?;
        let end = file.seek(SeekFrom::End(0))?;
        file.write_all(content)?;
        file.sync_all()?;
        if end == 0 { self.file.sync_all() } else { Ok(()) }
    }

    fn write(&self, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
        // What a killed process left there; nothing that lies there is written to.
        self.remove(name);
        let flags = OPEN | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let mut file = open(self.file.as_fd(), Path::new(name), flags, mode)?;
        fchmod(&file, Mode::from_raw_mode(mode))?;
        file.write_all(content)?;
        file.sync_all()
    }

    pub(super) fn rename(&self, from: &str, into: &Self, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.file, from, &into.file, to)?)
    }

    /// Removes a file; that there is none, or that it stays, is for the next step to meet.
    pub(super) fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.file, name, AtFlags::empty());
    }

    /// Removes what a cut in the middle of [`Dir::replace`] left; the next one may be years away.
    pub(super) fn remove_half(&self, name: &str) {
        self.remove(&half(name));
    }

    /// Has a socket's address made of the entry's path, as no call takes a descriptor for one.
    ///
    /// By `/proc` it leads into this directory and no other; a jail has no `/proc`, and there what
    /// the directory was opened by must do.
    pub(super) fn address(
        &self,
        (path, name): (&Path, &str),
        call: &dyn Fn(&SocketAddrUnix) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let own = Path::new(&own);
        let path = if open(CWD, own, PATH, 0).is_ok() { own } else { path };
        call(&SocketAddrUnix::new(path.join(name))?)
    }

    fn entry(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let opened = open(self.file.as_fd(), Path::new(name), flags, 0o600);
        let file = opened.map_err(|error| match error {
            Errno::LOOP => refused("it is a symbolic link, wanted is a regular file: remove it"),
            // A socket, or a FIFO that nobody reads.
            Errno::NXIO => refused("it is no regular file: remove it"),
            error => error.into(),
        })?;
        let found = file.metadata()?;
        if !found.is_file() {
            let kind = FileKind(found.file_type());
            return Err(refused(&format!("it is {kind}, wanted is a regular file: remove it")));
        }
        if found.uid() != self.owner && !is_ours(found.uid()) {
            let text = format!("it belongs to user {}, who could forge it: remove it", found.uid());
            return Err(refused(&text));
        }
        Ok(file)
    }

    fn check(&self, keeper: Option<u32>) -> io::Result<()> {
        let mode = self.file.metadata()?.mode() & 0o7777;
        // Whose word is taken is as good as the user running.
        let user = keeper.filter(|keeper| *keeper == self.owner).unwrap_or_else(user);
        match fault(self.owner, mode, user) {
            Some(text) => Err(refused(&text)),
            None => Ok(()),
        }
    }
}

/// Where a file is written before it is whole.
fn half(name: &str) -> String {
    format!("{name}.tmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_apart_into_a_directory_and_a_name() {
        let rows = [
            ("/var/run/dynhost", Some(("/var/run", "dynhost"))),
            ("/var/run/dynhost/", Some(("/var/run", "dynhost"))),
            ("state", Some((".", "state"))),
            ("/state", Some(("/", "state"))),
            ("/", Some(("/", "."))),
            ("..", Some(("..", "."))),
            ("a/..", Some(("a/..", "."))),
            ("", None),
        ];
        for (path, expected) in rows {
            let found = split(Path::new(path)).ok();
            let expected = expected.map(|(parent, name)| (parent.into(), name.into()));
            assert_eq!(found, expected, "{path}");
        }
    }
}
