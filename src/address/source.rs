//! The table of sources: who may name the WAN address.

use super::{auto, cadence::Cadence, command, natpmp, select, upnp, web};

/// What a source says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name in `list source`, and in the state.
    pub token: &'static str,
    /// Whether this program was built with it.
    pub is_built: bool,
    /// When it is asked.
    pub cadence: Cadence,
    /// Where the address comes from, for a person.
    pub explanation: &'static str,
}

macro_rules! sources {
    ($($source:ident $about:path;)*) => {
        /// `list source`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Source {
            $(#[doc = concat!("See [`", stringify!($about), "`].")] $source,)*
        }

        impl Source {
            /// All sources, in the order to document them.
            pub const ALL: &[Self] = &[$(Self::$source,)*];

            /// What it says of itself.
            #[must_use]
            pub const fn about(self) -> &'static About {
                match self { $(Self::$source => &$about,)* }
            }
        }
    };
}

sources! {
    Interface select::ABOUT;
    Natpmp natpmp::ABOUT;
    Upnp upnp::ABOUT;
    Web web::ABOUT;
    Command command::ABOUT;
    Auto auto::ABOUT;
}

impl Source {
    /// The source of that name.
    #[must_use]
    pub fn named(token: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|source| source.about().token == token)
    }

    /// Its name.
    #[must_use]
    pub const fn token(self) -> &'static str {
        self.about().token
    }

    /// Whether it may ask the gateway.
    #[must_use]
    pub const fn asks_gateway(self) -> bool {
        matches!(self, Self::Natpmp | Self::Upnp | Self::Auto)
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn every_source_has_its_own_name_and_an_explanation() {
        for source in Source::ALL {
            assert_eq!(Source::named(source.token()), Some(*source));
            let explanation = source.about().explanation;
            assert!(explanation.starts_with(char::is_lowercase) && !explanation.ends_with('.'));
            assert!(source.about().cadence.poll <= source.about().cadence.poll_max);
        }
        assert_eq!(Source::named("nonsense"), None);
    }
}
