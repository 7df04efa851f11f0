//! What netifd has said about the logical interfaces.

use crate::address::{Family, NoInterface};
use crate::io::netifd::Known;
use crate::ubus::Lines;

/// What was learnt from ubus.
#[derive(Debug, Default)]
pub(super) struct Netifd(Vec<Known>);

impl Netifd {
    /// The devices, addresses and prefixes of a logical interface.
    pub(super) fn lines(&self, name: &str, family: Family) -> Result<Lines, NoInterface> {
        let mut known = self.0.iter();
        let known = known.find(|known| known.name == name && known.family == family);
        known.map_or_else(
            || {
                let (interface, why) = (name.into(), "netifd could not be asked".into());
                Err(NoInterface::NoUbus { interface, why })
            },
            |known| known.lines.clone(),
        )
    }

    /// Takes this in the place of what was said about the same interfaces before.
    pub(super) fn learn(&mut self, said: Vec<Known>) {
        for new in said {
            self.0.retain(|known| (&known.name, known.family) != (&new.name, new.family));
            self.0.push(new);
        }
    }
}
