//! What each source of a host says by itself, for `dynhost doctor`: nothing is judged or sent.

use std::time::Duration;

use super::edge::Edge;
use crate::address::{Family, Found, NoAddress, NoAnswer};
use crate::config::{Host, Source};
use crate::error::Error;
use crate::io::clock;
use crate::io::dns::Names;
use crate::io::poll::{input, poll};
use crate::io::slow::Cause;
use crate::io::sources::Sources;
use crate::provider::failure::Failure;
use crate::state::Record;

/// The longest that all sources of a record are waited for: UPnP's own limit is 15 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// The kernel's tables, and whoever else knows addresses.
#[derive(Debug)]
pub(crate) struct Examiner {
    edge: Edge,
}

impl Examiner {
    /// Takes the kernel's tables.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not give them.
    pub(crate) fn open() -> Result<Self, Error> {
        let mut edge = Edge::open()?;
        edge.renew(Cause::Asked)?;
        Ok(Self { edge })
    }

    /// What the kernel and netifd said.
    pub(crate) fn kernel(&mut self) -> Option<&mut Sources> {
        self.edge.sources.as_mut()
    }

    /// How names are looked up for this host: by the device that its traffic must leave by, if it
    /// must.
    ///
    /// # Errors
    /// There is no such device now.
    pub(crate) fn way_of(&mut self, host: &Host, family: Family) -> Result<Names, Failure> {
        self.edge.way_of(host, family)
    }

    /// Each source of the host with what it says, in their order; what takes time is waited for.
    pub(crate) fn sources(
        &mut self,
        host: &Host,
        record: &Record,
    ) -> Vec<(Source, Result<Found, NoAddress>)> {
        let until = clock::since_boot() + PATIENCE;
        let one = |source: &Source| (*source, self.source(*source, (host, record), until));
        host.sources.iter().map(one).collect()
    }

    fn source(
        &mut self,
        source: Source,
        (host, record): (&Host, &Record),
        until: Duration,
    ) -> Result<Found, NoAddress> {
        loop {
            let heard = self.edge.hear_netifd(host).and_then(|heard| match heard {
                Ok(()) => self.edge.find_by(source, host, record),
                Err(reason) => Some(Err(reason)),
            });
            if let Some(found) = heard {
                return found;
            }
            let left = until.saturating_sub(clock::since_boot());
            if left.is_zero() || poll(&mut [input(&self.edge.slow)], Some(left)).is_err() {
                let why = "it has not answered in time".to_owned();
                return Err(NoAnswer::Unasked { source: source.token(), why }.into());
            }
            self.edge.slow.take();
        }
    }
}
