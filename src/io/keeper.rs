//! Whose the state is where a service has a user of its own, as Debian's has.
//!
//! Root and the members of a group do not write such a state: they only ask the service. Whom to
//! believe is what root has said by the configuration: it is root's, and its group, that of the
//! state directory as well, may read the passwords in it.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A user and the group that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// Who owns the state directory.
    pub user: u32,
    /// The group of that directory.
    pub group: u32,
}

impl Keeper {
    /// Who keeps the state instead of the user running: `None` if that one does, or if root's
    /// configuration is not for who has the directory.
    #[must_use]
    pub fn find(config: &str, state_dir: &Path) -> Option<Self> {
        let config = fs::metadata(config).ok()?;
        Self::owner(state_dir).filter(|keeper| keeper.is_meant_by(&config))
    }

    /// Who has the state directory, if it is another user than root and the one running.
    #[must_use]
    pub fn stranger(state_dir: &Path) -> Option<Self> {
        Self::owner(state_dir).filter(|owner| owner.user != 0)
    }

    fn owner(state_dir: &Path) -> Option<Self> {
        let found = fs::metadata(state_dir).ok().filter(Metadata::is_dir)?;
        let owner = Self { user: found.uid(), group: found.gid() };
        (owner.user != rustix::process::geteuid().as_raw()).then_some(owner)
    }

    fn is_meant_by(self, config: &Metadata) -> bool {
        let is_given = config.mode() & 0o066 == 0o040 && config.gid() == self.group;
        // Root's own group is nobody's gift.
        is_given && config.uid() == 0 && self.group != 0
    }

    /// Whether it has one of these rights, given as those of others, to a file.
    pub(super) fn may(self, right: u32, file: &Metadata) -> bool {
        let shift = match () {
            () if file.uid() == self.user => 6,
            () if file.gid() == self.group => 3,
            () => 0,
        };
        file.mode() >> shift & right != 0
    }
}
