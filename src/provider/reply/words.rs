//! Every word of the protocol: what it means, what it asks of a client, what the user can do.

/// What a word asks of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The record holds the address that was sent.
    Stored,
    /// The user must act; `probe` says whether a try now and then is allowed meanwhile.
    Rejected {
        /// False where the rules forbid any further request.
        probe: bool,
    },
    /// Trouble on the provider's side: no retry before 30 minutes.
    Unavailable,
    /// A front end is out of order, and the provider has judged nothing: minutes, not half an hour.
    Hiccup,
    /// Not an answer about the record: retry on a long ladder.
    Unknown,
}

macro_rules! words {
    ($($word:ident $token:literal $(| $alias:literal)* => $meaning:expr,
       $sentence:literal, $remedy:literal $(, at OVHcloud $place:literal)?;)*) => {
        /// Every word a provider may say, and the readings of what is no word.
        #[allow(clippy::doc_markdown, reason = "the sentences are plain text")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Word {
            $(#[doc = $sentence] $word,)*
        }

        impl Word {
            /// All words, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$word,)*];

            /// The word as it stands in a reply, in the state file and in logs.
            #[must_use]
            pub fn token(self) -> &'static str {
                match self { $(Self::$word => $token,)* }
            }

            /// What some providers say for the same.
            #[must_use]
            pub fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$word => &[$($alias,)*],)* }
            }

            /// What the word asks of a client.
            #[must_use]
            pub fn meaning(self) -> Meaning {
                match self { $(Self::$word => $meaning,)* }
            }

            /// What the word means, for a person.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$word => $sentence,)* }
            }

            /// What the user can do about it; empty where nothing is to be done.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$word => $remedy,)* }
            }

            /// Where at OVHcloud the user finds what this is about; empty where nothing is.
            #[must_use]
            pub fn place(self) -> &'static str {
                match self { $(Self::$word => concat!($($place)?),)* }
            }
        }
    };
}

pub(super) const PROBED: Meaning = Meaning::Rejected { probe: true };
pub(super) const FINAL: Meaning = Meaning::Rejected { probe: false };

words! {
    Good "good" | "successfully_changed" => Meaning::Stored, "address stored", "";
    Nochg "nochg" | "no_change" => Meaning::Stored, "the provider had this address already", "";
    Badauth "badauth" => PROBED,
        "login or password is wrong, or this login may not update this name",
        "compare username, password and hostname with those of your account",
        at OVHcloud "the DynHost identifier in the customer area";
    Nohost "nohost" => PROBED,
        "the provider has no record of this name for this login",
        "create the record at the provider, or correct hostname",
        at OVHcloud "the DynHost records in the customer area";
    NotYours "!yours" => PROBED,
        "the name belongs to another login",
        "use the login that this name was created for",
        at OVHcloud "the DynHost identifiers in the customer area";
    NotActive "!active" | "!inactive" => PROBED,
        "the name is not active at the provider",
        "activate dynamic DNS for this name at the provider",
        at OVHcloud "DynHost in the customer area";
    Notfqdn "notfqdn" | "nofqdn" => PROBED,
        "the provider does not take this for a full name",
        "write hostname with its domain, such as home.example.com";
    Numhost "numhost" => PROBED,
        "too many names in one request",
        "report this: one name is sent at a time";
    NotDonator "!donator" => PROBED,
        "the provider wants a paid account for this",
        "look into the offers of the provider";
    Conflict "conflict" => PROBED,
        "the provider has another kind of record of this name",
        "remove the plain A, AAAA or CNAME record of this name at the provider";
    Abuse "abuse" => FINAL,
        "the provider has blocked this name for abuse",
        "ask the provider's support to unblock it, then run dynhost resume";
    Badagent "badagent" => FINAL,
        "the provider has blocked this client or this version",
        "update dynhost, then run dynhost resume";
    Badsys "badsys" => FINAL,
        "the provider does not understand the request (system)",
        "check the provider's url, then run dynhost resume";
    Badparam "badparam" | "badip" | "badrequest" => FINAL,
        "the provider does not understand the request (parameters)",
        "check hostname and the provider's url, then run dynhost resume";
    Badop "badop" => FINAL,
        "the provider does not understand the request (operation)",
        "check the provider's url, then run dynhost resume";
    Numip "numip" => FINAL,
        "the provider wants another number of addresses",
        "check the provider's url, then run dynhost resume";
    Dnserr "dnserr" => Meaning::Unavailable, "the provider has trouble with its DNS", "";
    NineOneOne "911" | "fatal" | "servererror" => Meaning::Unavailable,
        "the provider has trouble and asks for patience", "";
    Interval "interval" => Meaning::Unavailable,
        "the provider takes no further update so soon after the last one", "";
    Busy "busy" => Meaning::Unavailable, "the provider is busy or out of order", "";
    Hiccup "busy" => Meaning::Hiccup, "the provider is busy or out of order", "";
    WrongEcho "wrong-echo" => Meaning::Unknown, "the provider stored another address", "";
    Unknown "unknown" => Meaning::Unknown, "the answer is not one of the DynHost protocol", "";
}
