//! One step of a plan, and its sentence.

use std::fmt;
use std::net::IpAddr;

use super::super::values::PlainRecord;
use super::obstacle::Shown;

/// One step, or something that needs none and is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make a password and write it with this login into the section, which is off until the end.
    WriteSection {
        /// `<zone>-<suffix>`.
        login: String,
    },
    /// Create the identifier with the section's password.
    CreateLogin {
        /// What follows `<zone>-`.
        suffix: String,
    },
    /// Give an identifier that exists the section's password.
    SetPassword {
        /// `<zone>-<suffix>`.
        login: String,
    },
    /// Delete a plain record that stands in the way.
    DeletePlain(PlainRecord),
    /// Create a `DynHost` record.
    CreateRecord(IpAddr),
    /// Make the edits visible.
    Refresh,
    /// Switch the section on.
    Enable,
    /// The identifier is there, with the section's password.
    KeepLogin {
        /// `<zone>-<suffix>`.
        login: String,
    },
    /// A record of that family is there, whatever it points at: the update will tell it.
    KeepRecord {
        /// What it points at.
        points_at: String,
    },
}

impl Action {
    /// Whether it changes anything.
    #[must_use]
    pub fn changes(&self) -> bool {
        !matches!(self, Self::KeepLogin { .. } | Self::KeepRecord { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WriteSection { login } => {
                write!(f, "write a new password for {login} into the configuration")
            }
            Self::CreateLogin { suffix } => write!(f, "create the identifier with suffix {suffix}"),
            Self::SetPassword { login } => write!(f, "set the password of {login}"),
            Self::DeletePlain(record) => write!(f, "delete the plain record {}", Shown(record)),
            Self::CreateRecord(address) => write!(f, "create the DynHost record for {address}"),
            Self::Refresh => f.write_str("refresh the zone"),
            Self::Enable => f.write_str("switch the section on"),
            Self::KeepLogin { login } => write!(f, "keep the identifier {login}"),
            Self::KeepRecord { points_at } => {
                write!(f, "keep the DynHost record that points at {points_at}")
            }
        }
    }
}
