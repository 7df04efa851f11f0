//! The configuration file as `dynhost ovh setup` changes it: whole, or not at all.
//!
//! What is written holds a password. It goes into a new file beside the old one, is synced, and
//! takes the old one's place, owner and mode, without access for others.

mod locked;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use locked::{create, take_lock};

use super::files::open_regular;
use crate::error::Error;
use crate::uci::MAX_TEXT;

/// Where libuci keeps what `uci set` has staged and `uci commit` has not written yet.
const STAGED: &str = "/tmp/.uci";
/// The folders that `uci` reads from; a file elsewhere has nothing staged.
const OF_UCI: [&str; 2] = ["/etc/config", "/var/run/uci"];
/// Mode of a file that is new.
const PRIVATE: u32 = 0o600;
/// What an old file keeps of its mode.
const WITHOUT_OTHERS: u32 = 0o770;

/// A configuration file that was read, and that nobody has changed since, or it is not written.
#[derive(Debug)]
pub struct ConfigFile {
    /// As it was named, for messages.
    shown: String,
    /// Where it is, symlinks followed: these stay, and point at the new file.
    path: PathBuf,
    text: Vec<u8>,
    /// What it was when it was read; `None` if there was none.
    old: Option<Old>,
}

#[derive(Debug)]
struct Old {
    /// Kept open for its lock, which `uci commit` asks for, too, if it could be taken.
    _file: File,
    identity: Identity,
    owner: (u32, u32),
    mode: u32,
}

/// Enough to see that a file is another one, or was written to.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    file: (u64, u64),
    changed: (i64, i64),
    length: u64,
}

impl ConfigFile {
    /// Reads the file, or notes that there is none yet.
    ///
    /// # Errors
    /// [`Error::File`] if it is no regular file, cannot be read, has changes staged, or lies where
    /// strangers may put another one in its place.
    pub fn open(path: &str) -> Result<Self, Error> {
        Self::open_with(path, Path::new(STAGED), &OF_UCI.map(Path::new))
    }

    fn open_with(shown: &str, staged: &Path, of_uci: &[&Path]) -> Result<Self, Error> {
        let failed = |cause| Error::File { verb: "change", path: shown.into(), cause };
        let path = real_path(Path::new(shown)).map_err(failed)?;
        refuse_strangers(&path).map_err(failed)?;
        refuse_staged(Path::new(shown), staged, of_uci).map_err(failed)?;
        let (text, old) = match read(&path) {
            Ok((text, old)) => (text, Some(old)),
            Err(error) if error.kind() == ErrorKind::NotFound => (Vec::new(), None),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { shown: shown.into(), path, text, old })
    }

    /// The text that was read; empty if there is no file yet.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Puts a file with this text in the place of the one that was read.
    ///
    /// # Errors
    /// [`Error::File`], with the old file untouched, also if somebody has changed it meanwhile.
    pub fn replace(self, text: &[u8]) -> Result<(), Error> {
        let failed = |cause| Error::File { verb: "write", path: self.shown.clone(), cause };
        let temporary = temporary_beside(&self.path);
        // Locked until it is the new file: who waits here finds the old one changed.
        let new = create(&temporary).map_err(failed)?;
        let written = self
            .refuse_changed()
            .and_then(|()| self.write(&new, text))
            .and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            // The reason for the failure is the one to report.
            let _ = fs::remove_file(&temporary);
        }
        written.and_then(|()| sync_folder(&self.path)).map_err(failed)
    }

    fn refuse_changed(&self) -> io::Result<()> {
        let now = match fs::symlink_metadata(&self.path) {
            Ok(metadata) => Some(Identity::of(&metadata)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let read = self.old.as_ref().map(|old| &old.identity);
        if now.as_ref() == read { Ok(()) } else { Err(refusal(CHANGED)) }
    }

    fn write(&self, mut file: &File, text: &[u8]) -> io::Result<()> {
        if let Some(old) = &self.old {
            let new = file.metadata()?;
            if (new.uid(), new.gid()) != old.owner {
                fchown(file, Some(old.owner.0), Some(old.owner.1))?;
            }
            file.set_permissions(fs::Permissions::from_mode(old.mode & WITHOUT_OTHERS))?;
        }
        file.write_all(text)?;
        file.sync_all()
    }
}

impl Identity {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            file: (metadata.dev(), metadata.ino()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            length: metadata.len(),
        }
    }
}

const CHANGED: &str = "somebody has changed it meanwhile, try again";
const DANGLING: &str =
    "it is a symlink to a file that does not exist, remove one or make the other";
const NOT_REGULAR: &str = "its name is none of a text file, choose another";
const STRANGERS: &str = "everybody may put files into its folder, move it to one of yours";

fn refusal(why: impl Into<String>) -> io::Error {
    io::Error::other(why.into())
}

/// The path without symlinks, for a file that may not exist yet.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => return other,
    }
    if fs::symlink_metadata(path).is_ok() {
        return Err(refusal(DANGLING));
    }
    let name = path.file_name().ok_or_else(|| refusal(NOT_REGULAR))?;
    Ok(fs::canonicalize(folder_of(path))?.join(name))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// In such a folder anybody could swap the file between two looks; with the sticky bit nobody can.
fn refuse_strangers(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(folder_of(path))?.mode();
    if mode & 0o1002 == 0o0002 { Err(refusal(STRANGERS)) } else { Ok(()) }
}

/// `uci commit` would write what is staged over the new file, and nobody could say which holds.
fn refuse_staged(path: &Path, staged: &Path, of_uci: &[&Path]) -> io::Result<()> {
    let folder = folder_of(path);
    let Some(name) = path.file_name() else { return Ok(()) };
    let delta = staged.join(name);
    let is_staged =
        of_uci.contains(&folder) && fs::symlink_metadata(&delta).is_ok_and(|delta| delta.len() > 0);
    if !is_staged {
        return Ok(());
    }
    let package = name.to_string_lossy();
    Err(refusal(format!(
        "changes to it wait in {}, finish them with 'uci commit {package}' or 'uci revert {package}'",
        delta.display()
    )))
}

/// A symlink put there a moment ago is no matter: the identity tells before anything is written.
fn read(path: &Path) -> io::Result<(Vec<u8>, Old)> {
    let file = open_regular(path.to_str().ok_or_else(|| refusal(NOT_REGULAR))?)?;
    let metadata = file.metadata()?;
    // Whoever may read the file can hold its lock for ever, so it decides nothing: `uci commit`
    // needs it for a moment, and a file that has changed since is not written over.
    take_lock(&file)?;
    let limit = u64::try_from(MAX_TEXT).unwrap_or(u64::MAX);
    if metadata.len() > limit {
        return Err(refusal(format!("it has more than {limit} bytes, shorten it")));
    }
    let mut text = Vec::new();
    (&file).take(limit).read_to_end(&mut text)?;
    let identity = Identity::of(&metadata);
    let owner = (metadata.uid(), metadata.gid());
    Ok((text, Old { _file: file, identity, owner, mode: metadata.mode() }))
}

/// The name begins with a dot, which libuci takes for no package.
fn temporary_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let name = [b".", name.as_bytes(), b".dynhost-new"].concat();
    path.with_file_name(std::ffi::OsStr::from_bytes(&name))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{FlockOperation, flock};
    use std::os::unix::fs::symlink;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = format!("dynhost-config-file-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(path);
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(fs::canonicalize(path).unwrap())
        }

        fn path(&self, name: &str) -> String {
            self.0.join(name).to_str().unwrap().to_owned()
        }

        fn file(&self, name: &str, text: &str, mode: u32) -> String {
            let path = self.path(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<String> =
                entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &str) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_file_is_replaced_with_its_owner_and_mode_and_nothing_is_left_over() {
        for (before, after) in [(0o600, 0o600), (0o640, 0o640), (0o644, 0o640), (0o400, 0o400)] {
            let folder = Folder::new(&format!("mode-{before:o}"));
            let path = folder.file("dynhost", "old", before);
            folder.file(".dynhost.dynhost-new", "left over", 0o666);
            if rustix::process::geteuid().is_root() {
                std::os::unix::fs::chown(&path, Some(1234), Some(2345)).unwrap();
            }
            let owner =
                |path: &str| fs::metadata(path).map(|file| (file.uid(), file.gid())).unwrap();
            let (belongs_to, inode) = (owner(&path), fs::metadata(&path).unwrap().ino());
            let file = ConfigFile::open(&path).unwrap();
            assert_eq!(file.text(), b"old");
            file.replace(b"new").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert_eq!((mode(&path), owner(&path)), (after, belongs_to));
            assert_ne!(fs::metadata(&path).unwrap().ino(), inode, "written in place");
            assert_eq!(folder.names(), ["dynhost"]);
        }
    }

    #[test]
    fn a_new_file_is_private() {
        let folder = Folder::new("new");
        let file = ConfigFile::open(&folder.path("dynhost")).unwrap();
        assert_eq!(file.text(), b"");
        file.replace(b"new").unwrap();
        assert_eq!(mode(&folder.path("dynhost")), 0o600);
    }

    #[test]
    fn a_symlink_stays_and_its_file_is_replaced() {
        let folder = Folder::new("symlink");
        let real = folder.file("real", "old", 0o600);
        symlink("real", folder.path("link")).unwrap();
        ConfigFile::open(&folder.path("link")).unwrap().replace(b"new").unwrap();
        assert!(fs::symlink_metadata(folder.path("link")).unwrap().is_symlink());
        assert_eq!(fs::read(real).unwrap(), b"new");
    }

    /// The sentence of the refusal.
    fn refused(path: &str) -> String {
        ConfigFile::open(path).expect_err(path).to_string()
    }

    #[test]
    fn what_is_no_file_of_ones_own_is_refused() {
        let folder = Folder::new("refused");
        symlink("nowhere", folder.path("dangling")).unwrap();
        symlink("circle", folder.path("circle")).unwrap();
        fs::create_dir(folder.path("folder")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            folder.path("fifo"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        folder.file("long", &"x".repeat(MAX_TEXT + 1), 0o600);
        let open = folder.path("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let rows = [
            ("dangling", "symlink to a file that does not exist"),
            ("circle", "too many levels of symbolic links"),
            ("folder", "it is a directory, wanted is a regular file"),
            ("fifo", "it is a fifo, wanted is a regular file"),
            ("long", "more than 65536 bytes"),
            ("open/dynhost", "everybody may put files into its folder"),
            ("none/dynhost", "o such file"),
        ];
        for (name, expected) in rows {
            let path = folder.path(name);
            let sentence = refused(&path).to_lowercase();
            assert!(sentence.starts_with(&format!("cannot change {}", path.to_lowercase())));
            assert!(sentence.contains(expected), "{name}: {sentence}");
            assert_eq!(sentence.lines().count(), 1);
        }
        fs::set_permissions(&open, fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(ConfigFile::open(&folder.path("open/dynhost")).is_ok());
    }

    #[test]
    fn a_lock_that_any_reader_can_hold_keeps_nobody_from_writing() {
        let folder = Folder::new("locked");
        let path = folder.file("dynhost", "old", 0o644);
        for how in [FlockOperation::LockShared, FlockOperation::LockExclusive] {
            let reader = File::open(&path).unwrap();
            flock(&reader, how).unwrap();
            ConfigFile::open(&path).unwrap().replace(b"new").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
        }
        folder.file(".dynhost.dynhost-new", "left over", 0o666);
        ConfigFile::open(&path).unwrap().replace(b"newer").unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), folder.names()),
            (b"newer".into(), vec!["dynhost".into()])
        );
    }

    #[test]
    fn of_many_writers_at_once_each_writes_whole_or_is_told_of_the_other() {
        let folder = Folder::new("writers");
        let path = folder.file("dynhost", "0", 0o600);
        let written = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for writer in 1..=8 {
                let (path, written) = (&path, &written);
                scope.spawn(move || {
                    for turn in 0..60 {
                        let file = ConfigFile::open(path).unwrap();
                        let old: u32 =
                            std::str::from_utf8(file.text()).unwrap().trim().parse().unwrap();
                        let text = format!("{}{}", old + 1, " ".repeat(writer * 7 + turn));
                        match file.replace(text.as_bytes()) {
                            Ok(()) => _ = written.fetch_add(1, std::sync::atomic::Ordering::SeqCst),
                            Err(error) => {
                                let error = error.to_string();
                                assert!(error.contains("try again"), "{error}");
                            }
                        }
                    }
                });
            }
        });
        // No edit that was reported as written is lost.
        let last = fs::read_to_string(&path).unwrap();
        assert_eq!(last.trim(), written.into_inner().to_string());
        assert_eq!(folder.names(), ["dynhost"]);
    }

    #[test]
    fn a_file_that_somebody_changes_is_left_alone() {
        let folder = Folder::new("changed");
        let path = folder.file("dynhost", "old", 0o600);
        let file = ConfigFile::open(&path).unwrap();
        fs::rename(folder.file("other", "theirs", 0o600), &path).unwrap();
        let error = file.replace(b"new").unwrap_err().to_string();
        assert!(error.contains("somebody has changed it meanwhile"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        let file = ConfigFile::open(&path).unwrap();
        fs::write(&path, "longer than before").unwrap();
        assert!(file.replace(b"new").is_err());
        let file = ConfigFile::open(&folder.path("new")).unwrap();
        folder.file("new", "theirs", 0o600);
        assert!(file.replace(b"new").is_err());
        assert_eq!(folder.names(), ["dynhost", "new"]);
    }

    #[test]
    fn staged_changes_of_uci_come_first() {
        let folder = Folder::new("staged");
        let path = folder.file("dynhost", "old", 0o600);
        let (staged, of_uci) = (folder.0.join("staged"), [folder.0.as_path()]);
        fs::create_dir(&staged).unwrap();
        let open = |of_uci: &[&Path]| ConfigFile::open_with(&path, &staged, of_uci).map(drop);
        open(&of_uci).unwrap();
        fs::write(staged.join("dynhost"), "").unwrap();
        open(&of_uci).unwrap();
        fs::write(staged.join("dynhost"), "dynhost.home.enabled='1'\n").unwrap();
        let sentence = open(&of_uci).unwrap_err().to_string();
        assert!(sentence.contains("'uci commit dynhost' or 'uci revert dynhost'"), "{sentence}");
        open(&[Path::new("/etc/config")]).unwrap();
    }
}
