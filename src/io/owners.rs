//! Who besides the user running could change what the agent reads and runs.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::authorities;
use super::keeper::Keeper;
use crate::config::{Config, Fault, Host, HostEntry};

/// Rights as a file's mode has them for others.
const READ: u32 = 0o4;
const RUN: u32 = 0o1;

/// What a file is to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The configuration, which names programs to run.
    Configuration,
    /// A `password_file`.
    Secret,
    /// A `ca_file`.
    Authorities,
    /// A program, or a file that one is given.
    Program,
}

/// A warning for each way by which others could read what is secret or change what is relied on;
/// `secrets` are the password files, `keeper` the service's user if that is not the one running.
#[must_use]
pub fn warnings(
    config_file: &str,
    config: &Config,
    secrets: &[String],
    keeper: Option<Keeper>,
) -> Vec<Fault> {
    let mut inspector = Inspector { trusted: trusted(), keeper, found: Vec::new() };
    inspector.inspect(config_file, Role::Configuration);
    for path in secrets {
        inspector.inspect(path, Role::Secret);
    }
    for path in ca_files(config) {
        inspector.inspect(path, Role::Authorities);
    }
    let hosts = || config.hosts.iter().filter_map(HostEntry::usable);
    let on_change = hosts().filter_map(|host| host.on_change.as_ref());
    let commands = hosts().flat_map(|host| &host.command).filter(|word| word.starts_with('/'));
    for path in commands.chain(on_change).chain(&config.agent.on_change) {
        inspector.inspect(path, Role::Program);
    }
    inspector.found
}

/// A warning for each `ca_file` that holds nothing to trust.
#[must_use]
pub fn authority_warnings(config: &Config) -> Vec<Fault> {
    let mut found = Vec::new();
    for path in ca_files(config) {
        if let Some(text) = authorities::fault(path) {
            push(&mut found, Fault::warning(path, 0, text));
        }
    }
    found
}

fn ca_files(config: &Config) -> impl Iterator<Item = &String> {
    let hosts = config.hosts.iter().filter_map(HostEntry::usable);
    hosts.flat_map(|host: &Host| [&host.provider.ca_file, &host.web.ca_file]).flatten()
}

/// Who may own what is relied on: root, the user running, and in a user namespace, where root's
/// own number has no name, whoever has the root directory.
pub(super) fn trusted() -> [u32; 3] {
    let root = fs::metadata("/").map_or(0, |root| root.uid());
    [0, rustix::process::geteuid().as_raw(), root]
}

/// A warning if who has the state directory, and so may be who runs the agent, cannot read the
/// configuration.
#[must_use]
pub fn locked_out(config_file: &str, state_dir: &Path) -> Option<Fault> {
    let owner = Keeper::stranger(state_dir)?;
    let file = fs::metadata(config_file).ok()?;
    let Keeper { user, group } = owner;
    let text = format!(
        "user {user}, who has the state directory {}, may not read this file: if dynhost runs as \
         that user, chgrp {group} and chmod 640 it",
        state_dir.display()
    );
    (!owner.may(READ, &file)).then(|| Fault::warning(config_file, 0, text))
}

struct Inspector {
    trusted: [u32; 3],
    keeper: Option<Keeper>,
    found: Vec<Fault>,
}

impl Inspector {
    /// What is missing is for others to tell.
    fn inspect(&mut self, path: &str, role: Role) {
        let Ok(file) = fs::metadata(path) else { return };
        for text in faults_of_file(role, &file, self.trusted) {
            push(&mut self.found, Fault::warning(path, 0, text));
        }
        if let Some(text) = self.keeper.and_then(|keeper| fault_for_keeper(role, keeper, &file)) {
            push(&mut self.found, Fault::warning(path, 0, text));
        }
        // Both as it is named and as it is: who can replace a link can replace the file.
        let real = fs::canonicalize(path).unwrap_or_default();
        let directories = Path::new(path).ancestors().skip(1).chain(real.ancestors().skip(1));
        for directory in directories.filter(|directory| directory.is_absolute()) {
            let Ok(found) = fs::metadata(directory) else { continue };
            if let Some(text) = fault_of_directory(role, &found, self.trusted) {
                let text = format!("{text} {path}, which dynhost relies on");
                let directory = directory.display().to_string();
                push(&mut self.found, Fault::warning(&directory, 0, text));
            }
        }
    }
}

/// What root can do and the service's user cannot, so that only the service fails.
fn fault_for_keeper(role: Role, keeper: Keeper, file: &Metadata) -> Option<String> {
    let (right, what, mode) = match role {
        Role::Program => (RUN, "run", 750),
        _ => (READ, "read", 640),
    };
    let Keeper { user, group } = keeper;
    (!keeper.may(right, file)).then(|| {
        format!(
            "user {user}, as whom the service runs, may not {what} this file: chgrp {group} and \
             chmod {mode} it"
        )
    })
}

fn push(found: &mut Vec<Fault>, fault: Fault) {
    if !found.contains(&fault) {
        found.push(fault);
    }
}

fn faults_of_file(role: Role, file: &Metadata, trusted: [u32; 3]) -> Vec<String> {
    let mut faults = Vec::new();
    let mode = file.mode();
    match role {
        Role::Configuration if mode & 0o004 != 0 => {
            faults.push("others may read this file and the passwords in it: chmod o-rwx it".into());
        }
        Role::Secret if mode & 0o004 != 0 => {
            faults.push("others may read the password in this file: chmod o-rwx it".into());
        }
        _ => {}
    }
    // Whom a group is made of is the administrator's affair where no secret is at stake.
    let (writable, who) = match role {
        Role::Configuration | Role::Secret => (0o022, "others than its owner"),
        Role::Authorities | Role::Program => (0o002, "others"),
    };
    if mode & writable != 0 {
        let what = match role {
            Role::Configuration => "this file, which names programs to run",
            Role::Secret => "the password in this file",
            Role::Authorities => "this file, which says whom to trust",
            Role::Program => "this file, which dynhost runs or has read",
        };
        faults.push(format!("{who} may change {what}: chmod go-w it"));
    }
    if !trusted.contains(&file.uid()) {
        faults.push(format!(
            "this file belongs to user {}, who may change it: chown it to the user that runs \
             dynhost",
            file.uid()
        ));
    }
    faults
}

/// A sticky directory lets nobody replace another's file.
fn fault_of_directory(role: Role, found: &Metadata, trusted: [u32; 3]) -> Option<String> {
    const STICKY: u32 = 0o1000;
    let mode = found.mode();
    if mode & (STICKY | 0o002) == 0o002 {
        return Some("others may write this directory (chmod o-w it), and so replace".into());
    }
    // Root's group has nobody in it, and a user's own only that user; /usr/local, where programs
    // are, has one of its own by Debian's policy.
    let is_own_group = [0, rustix::process::getegid().as_raw()].contains(&found.gid());
    let is_secret = matches!(role, Role::Configuration | Role::Secret);
    if is_secret && !is_own_group && mode & (STICKY | 0o020) == 0o020 {
        let group = found.gid();
        return Some(format!(
            "group {group} may write this directory (chmod g-w it), and so replace"
        ));
    }
    (!trusted.contains(&found.uid())).then(|| {
        format!("this directory belongs to user {} (chown it), who may replace", found.uid())
    })
}
