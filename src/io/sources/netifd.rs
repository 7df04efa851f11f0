//! What netifd says about the logical interfaces, each asked for once.

use std::time::Duration;

use crate::address::{Family, NoInterface};
use crate::io::{clock, ubus};
use crate::ubus::{InterfaceName, Lines, Unresolved, resolve};

/// How long a ubusd that kept silent is left alone.
const SILENCE: Duration = Duration::from_mins(1);

/// What was learnt from ubus.
#[derive(Debug, Default)]
pub(super) struct Netifd {
    link: Link,
    known: Vec<(InterfaceName, Family, Result<Lines, NoInterface>)>,
}

/// The connection to ubusd.
#[derive(Debug, Default)]
enum Link {
    #[default]
    Untried,
    Open(ubus::Client),
    /// The same for every question: it is not tried again.
    Failed {
        why: String,
        /// Until when it is not waited for again, in time since boot, as it kept silent.
        silent_until: Option<Duration>,
    },
}

impl Netifd {
    /// The devices, addresses and prefixes of a logical interface.
    pub(super) fn lines(&mut self, name: &str, family: Family) -> Result<Lines, NoInterface> {
        let is_it = |of: &&(InterfaceName, Family, _)| of.0 == name && of.1 == family;
        if let Some((_, _, lines)) = self.known.iter().find(is_it) {
            return lines.clone();
        }
        let lines = self.ask(name, family);
        if let Ok(name) = InterfaceName::try_from(name) {
            self.known.push((name, family, lines.clone()));
        }
        lines
    }

    /// Forgets what may have changed.
    ///
    /// A ubusd that kept silent for its whole time is not waited for again soon: it would hold up
    /// each look by as much.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        match self.link {
            Link::Failed { silent_until: Some(until), .. } if clock::since_boot() < until => {}
            _ => self.link = Link::Untried,
        }
    }

    fn ask(&mut self, name: &str, family: Family) -> Result<Lines, NoInterface> {
        let no_ubus = |why: String| NoInterface::NoUbus { interface: name.into(), why };
        let client = match self.link.client() {
            Ok(client) => client,
            Err(why) => return Err(no_ubus(why)),
        };
        match resolve(name, family, &mut |interface| client.interface(interface)) {
            Ok(lines) => Ok(lines),
            Err(Unresolved::Unknown(name)) => Err(NoInterface::Unknown(name)),
            Err(Unresolved::Down(name)) => Err(NoInterface::Down(name)),
            Err(Unresolved::Pending(name)) => Err(NoInterface::Pending(name)),
            Err(Unresolved::Ask(failure)) => {
                let why = failure.to_string();
                self.link.fail(&failure);
                Err(no_ubus(why))
            }
        }
    }
}

impl Link {
    fn client(&mut self) -> Result<&mut ubus::Client, String> {
        if matches!(self, Self::Untried) {
            match ubus::Client::open() {
                Ok(client) => *self = Self::Open(client),
                Err(failure) => self.fail(&failure),
            }
        }
        match self {
            Self::Open(client) => Ok(client),
            Self::Failed { why, .. } => Err(why.clone()),
            Self::Untried => Err(String::new()),
        }
    }

    fn fail(&mut self, failure: &ubus::Failure) {
        *self = match failure {
            // It answers, and has more to say about another interface.
            ubus::Failure::Status(_) | ubus::Failure::Malformed(_) => Self::Untried,
            _ => Self::Failed {
                why: failure.to_string(),
                silent_until: matches!(failure, ubus::Failure::Timeout)
                    .then(|| clock::since_boot() + SILENCE),
            },
        };
    }
}
