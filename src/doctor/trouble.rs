//! The one table of troubles: where each belongs, what it ends with, what to do.

use crate::error::{
    EXIT_CONFIG, EXIT_FILES, EXIT_HELD, EXIT_NO_ADDRESS, EXIT_OK, EXIT_RETRY, EXIT_SYSTEM,
};

/// How a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Worth knowing; the name is right all the same.
    Note,
    /// Keeps the name from being right.
    Fault,
}

impl Verdict {
    /// As it stands in the output.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Fault => "fault",
        }
    }

    /// Its colour on a terminal (ECMA-48, section 8.3.117): green, yellow, red.
    pub(super) fn colour(self) -> &'static str {
        match self {
            Self::Ok => "\x1b[32m",
            Self::Note => "\x1b[33m",
            Self::Fault => "\x1b[31m",
        }
    }
}

/// What is looked at, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The file, and who may read or change what it relies on.
    Configuration,
    /// The wall clock.
    Clock,
    /// The kernel's addresses, and what the other sources say.
    Interface,
    /// What stands between this device and the internet.
    Nat,
    /// The way out.
    Route,
    /// The DNS servers of this device.
    Resolver,
    /// TCP and TLS to the provider.
    Provider,
    /// What would be sent.
    Request,
    /// What the servers that hold the zone say.
    Dns,
    /// What the agent knows.
    State,
}

impl Topic {
    /// As it stands in the output.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Clock => "clock",
            Self::Interface => "interface",
            Self::Nat => "nat",
            Self::Route => "route",
            Self::Resolver => "resolver",
            Self::Provider => "provider",
            Self::Request => "request",
            Self::Dns => "dns",
            Self::State => "state",
        }
    }
}

macro_rules! troubles {
    ($($trouble:ident $topic:ident $verdict:ident $exit:ident,
       $meaning:literal, $remedy:literal;)*) => {
        /// Everything that can be found to be wrong, or worth knowing.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Trouble {
            $(#[doc = $meaning] $trouble,)*
        }

        impl Trouble {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$trouble,)*];

            /// Where it belongs.
            #[must_use]
            pub fn topic(self) -> Topic {
                match self { $(Self::$trouble => Topic::$topic,)* }
            }

            /// Whether it keeps the name from being right.
            #[must_use]
            pub fn verdict(self) -> Verdict {
                match self { $(Self::$trouble => Verdict::$verdict,)* }
            }

            /// What `doctor` exits with if it is the gravest.
            #[must_use]
            pub fn exit(self) -> u8 {
                match self { $(Self::$trouble => $exit,)* }
            }

            /// What it is, for the documents.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$trouble => $meaning,)* }
            }

            /// What to do about it; empty where its sentence says so, or nothing is to be done.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$trouble => $remedy,)* }
            }
        }
    };
}

troubles! {
    Unread Configuration Fault EXIT_FILES, "the configuration cannot be read",
        "create it, see dynhost.conf(5), or name it with --config";
    Foreign Configuration Note EXIT_OK, "the configuration is not for this user",
        "run it as root to have the hosts, the provider and the DNS looked at";
    Faulty Configuration Fault EXIT_CONFIG, "the configuration has a fault",
        "correct that line; dynhost check tells them all";
    Odd Configuration Note EXIT_OK, "something in the configuration is probably not meant", "";
    Idle Configuration Fault EXIT_CONFIG, "no host is enabled",
        "add a config host section, or set option enabled '1' in the one that is there";
    ClockUnset Clock Fault EXIT_RETRY, "the clock is before the release of this program",
        "have NTP set it: nothing is sent before, as no certificate could be checked";
    KernelSilent Interface Fault EXIT_SYSTEM, "the kernel does not tell its addresses",
        "run it as root, or without the sandbox that forbids netlink sockets";
    Unfit Interface Note EXIT_OK, "an address that may not be published", "";
    NoAddress Interface Fault EXIT_NO_ADDRESS, "no source has an address for the record",
        "nothing is sent until one has: mend what the sentence names, or add another list source";
    OtherSource Interface Note EXIT_OK, "one of the sources has no address", "";
    Private Nat Fault EXIT_NO_ADDRESS, "the line ends at another box, the address here is private",
        "ask that box (list source 'natpmp' or 'upnp') or a site (list source 'web'), or make it a bridge";
    SharedAddress Nat Fault EXIT_NO_ADDRESS, "the address is shared with other customers (CGNAT, DS-Lite)",
        "ask the provider of the line for an IPv4 address of its own, or publish IPv6: list family 'ipv6'";
    SharedPorts Nat Note EXIT_OK, "only some ports of the address lead here (MAP)",
        "serve on one of these ports, or publish IPv6";
    NoRoute Route Fault EXIT_NO_ADDRESS, "there is no default route of IPv4 by which the provider is reached",
        "bring the line up; OVHcloud is reached over IPv4 alone";
    Unbound Route Fault EXIT_RETRY, "option bind cannot be kept", "bring the device up, or leave option bind out";
    NoServer Resolver Fault EXIT_RETRY, "no DNS server answers", "check the line, and name a server in /etc/resolv.conf";
    DeadServer Resolver Note EXIT_OK, "one of the DNS servers does not answer, which costs time",
        "take it out of /etc/resolv.conf";
    Lie Resolver Fault EXIT_RETRY, "a DNS server gives the provider an address that is not on the internet",
        "a captive portal or a filter does that: log in there, or name another server in /etc/resolv.conf";
    PrivateProvider Resolver Note EXIT_OK, "the provider's address is not on the internet",
        "right if your own provider is in this network; else a filter or a captive portal answers";
    Disagreement Resolver Note EXIT_OK, "the DNS servers name different addresses for the provider",
        "right for a provider in many places; else one of them is out of date or lies";
    Unreachable Provider Fault EXIT_RETRY, "the provider cannot be reached, or not safely", "";
    OneUnreachable Provider Note EXIT_OK, "one of the provider's addresses cannot be reached", "";
    ExpiresSoon Provider Note EXIT_OK, "the provider's certificate expires soon",
        "the provider has to renew it; your own provider is yours to renew";
    PlainHttp Provider Note EXIT_OK, "the provider is reached without TLS",
        "anybody on the way reads the password: use https";
    ForeignLogin Dns Fault EXIT_HELD, "the login belongs to another zone than the hostname",
        "compare username and hostname: the login is the zone, a hyphen and a suffix";
    Doubled Dns Fault EXIT_HELD, "the zone stands twice in the hostname",
        "the customer area adds the zone to what is typed there: leave it out, and correct hostname";
    OddLogin Dns Note EXIT_OK, "the login looks like one of OVHcloud's for another zone than the hostname's",
        "compare username and hostname, if the provider has such logins";
    NoZone Dns Fault EXIT_HELD, "no zone of the DNS has the hostname",
        "correct hostname, or have the domain registered and delegated first";
    Elsewhere Dns Fault EXIT_HELD, "the zone is served by others than OVHcloud, where its records have no effect",
        "make OVHcloud's servers those of the domain, or keep the record where the zone is";
    Undelegated Dns Fault EXIT_RETRY, "nobody tells who serves the zone", "ask again when the DNS answers";
    Alias Dns Fault EXIT_HELD, "a CNAME has the name, beside which no other record can be",
        "delete the CNAME, then create the DynHost record (dynhost ovh setup)";
    Missing Dns Fault EXIT_HELD, "no server has a record of the name",
        "create the DynHost record (dynhost ovh setup, or in the customer area); a new one takes minutes";
    Plain Dns Fault EXIT_HELD, "the record is a plain one, as its TTL is not 60 s: updates do not change it",
        "delete it, and create a DynHost record in its place (dynhost ovh setup --replace)";
    LongTtl Dns Note EXIT_OK, "others remember the address for long, as the TTL of the record is over 5 minutes",
        "shorten it at the provider, if it lets you: so long a new address may not be seen";
    Several Dns Fault EXIT_HELD, "the name has several addresses, of which one at most is right",
        "delete those that the agent does not keep";
    Lagging Dns Note EXIT_OK, "a server has not heard of the last update yet", "wait some minutes";
    Drift Dns Fault EXIT_RETRY, "the servers agree on another address than the one that was stored",
        "somebody else changed it, or the provider lost it: dynhost update --force sets it again";
    SilentServer Dns Note EXIT_OK, "a server of the zone does not answer", "";
    Silent Dns Fault EXIT_RETRY, "no server of the zone answers",
        "try again; if it stays, a firewall keeps DNS to other servers from this device";
    Held State Fault EXIT_HELD, "the provider rejected the update, and nothing is sent before you act",
        "mend what the sentence names, then run dynhost resume";
    Waiting State Note EXIT_OK, "an update waits", "";
    Unsent State Note EXIT_OK, "nothing was sent yet", "start the service, or run dynhost update";
    UnreadState State Fault EXIT_FILES, "the state cannot be read", "";
}
