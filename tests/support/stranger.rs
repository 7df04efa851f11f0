//! Another user of the device, who wishes the agent ill.
//!
//! A user belongs to a thread as far as the kernel is concerned, so the stranger is one of the
//! test's own threads: what it opens and locks, the test holds.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use rustix::fs::{FlockOperation, fcntl_lock, flock};
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

/// Nobody the system knows.
pub const UID: u32 = 1234;

/// Whether there can be no second user here; it says why the test is then left out.
pub fn is_missing(why: &str) -> bool {
    let tried = std::thread::spawn(become_one).join().expect("it does not panic");
    if let Err(error) = &tried {
        eprintln!("left out, as nobody can be another user here ({error}): {why}");
    }
    tried.is_err()
}

/// Does something as that user.
pub fn act<T: Send>(deed: impl FnOnce() -> T + Send) -> T {
    let as_stranger = || {
        become_one().expect("there is a second user");
        deed()
    };
    std::thread::scope(|scope| match scope.spawn(as_stranger).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

fn become_one() -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(UID), Gid::from_raw(UID));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    Ok(set_thread_res_uid(uid, uid, uid)?)
}

/// A process of this user that does nothing, and would not survive SIGUSR1.
pub struct Bystander(Child);

impl Bystander {
    /// Starts it.
    pub fn start(uid: u32) -> Self {
        let mut command = Command::new("sleep");
        command.arg("600").uid(uid).gid(uid);
        Self(command.spawn().expect("there is a program `sleep`"))
    }

    /// Whether nobody has ended it.
    pub fn is_alive(&mut self) -> bool {
        self.0.try_wait().expect("a child can be asked for").is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A kind of lock that one may take on a file that one can open for reading.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    /// `flock(LOCK_SH)`.
    SharedFlock,
    /// `flock(LOCK_EX)`.
    ExclusiveFlock,
    /// `F_OFD_SETLK`, for reading; for writing where the file can be written.
    OpenFile,
    /// `F_SETLK`, for reading; for writing where the file can be written.
    Process,
    /// `flock(LOCK_SH)`, and `F_OFD_SETLK` on top.
    FlockAndOpenFile,
    /// `flock(LOCK_SH)`, and `F_SETLK` on top.
    FlockAndProcess,
}

impl Lock {
    /// Opens and locks, as the stranger, every file of these that it can; the locks last as long
    /// as the value.
    pub fn take(self, paths: &[PathBuf]) -> Vec<File> {
        let files = act(|| paths.iter().filter_map(|path| open_as_far_as_possible(path)).collect());
        let files: Vec<File> = files;
        for file in &files {
            // Whoever has it before us has it; the others are ours.
            let _ = self.lock(file);
        }
        files
    }

    fn lock(self, file: &File) -> io::Result<()> {
        match self {
            Self::SharedFlock => Ok(flock(file, FlockOperation::NonBlockingLockShared)?),
            Self::ExclusiveFlock => Ok(flock(file, FlockOperation::NonBlockingLockExclusive)?),
            Self::OpenFile => {
                let as_writer = lock_of_open_file(file, libc::F_WRLCK);
                as_writer.or_else(|_| lock_of_open_file(file, libc::F_RDLCK))
            }
            Self::FlockAndOpenFile => {
                Self::SharedFlock.lock(file).and_then(|()| Self::OpenFile.lock(file))
            }
            Self::FlockAndProcess => {
                Self::SharedFlock.lock(file).and_then(|()| Self::Process.lock(file))
            }
            Self::Process => {
                let as_writer = fcntl_lock(file, FlockOperation::NonBlockingLockExclusive);
                let as_reader = |_| fcntl_lock(file, FlockOperation::NonBlockingLockShared);
                Ok(as_writer.or_else(as_reader)?)
            }
        }
    }
}

fn lock_of_open_file(file: &File, kind: i32) -> io::Result<()> {
    let whole = libc::flock {
        l_type: libc::c_short::try_from(kind).expect("a small number"),
        l_whence: libc::c_short::try_from(libc::SEEK_SET).expect("a small number"),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(file, FcntlArg::F_OFD_SETLK(&whole))?;
    Ok(())
}

/// A FIFO or a device must not keep the stranger.
fn open_as_far_as_possible(path: &Path) -> Option<File> {
    let open = |write| {
        let mut options = OpenOptions::new();
        options.read(true).write(write).custom_flags(OFlag::O_NONBLOCK.bits());
        options.open(path).ok()
    };
    open(true).or_else(|| open(false))
}

/// Everything below a directory, itself included.
pub fn below(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![directory.to_owned()];
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
