//! What the API says no to -> one sentence: what, where, what to do; and the exit code.
//!
//! Two shapes: `{"errorCode","httpCode","message"}` from the door, `{"class","message"}` from
//! behind it; the token endpoint has a third. What decides is the code, then the words of the
//! message, then the HTTP status.

use std::fmt;

use super::call::Call;
use super::values::{Response, refusal};
use crate::error::{EXIT_HELD, EXIT_RETRY};
use crate::provider::extract::extract;

/// Longest query id that is one.
const MAX_QUERY_ID: usize = 80;

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It could not be sent, or no answer came; a sentence.
    Failed(String),
    /// The API said no.
    Api {
        /// Method and path.
        call: String,
        /// What the answer means.
        kind: Kind,
        /// `X-Ovh-QueryID`.
        query_id: Option<String>,
        /// The start of the provider's words, where they help and hold no password.
        said: String,
    },
}

macro_rules! kinds {
    ($($kind:ident $exit:ident, $sentence:literal, $remedy:literal;)*) => {
        /// What a no of the API means.
        #[allow(clippy::doc_markdown, reason = "the sentences are plain text")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $sentence] $kind,)*
        }

        impl Kind {
            /// All kinds, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// What happened, for a person.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$kind => $sentence,)* }
            }

            /// What to do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$kind => $remedy,)* }
            }

            /// 77 where the user must act, 75 where time may help.
            #[must_use]
            pub fn exit_code(self) -> u8 {
                match self { $(Self::$kind => $exit,)* }
            }
        }
    };
}

kinds! {
    Signature EXIT_HELD,
        "the signature is not accepted",
        "open the link of dynhost ovh authorize if that is still to be done, else compare \
         application_secret and consumer_key in ovh.conf";
    Clock EXIT_RETRY,
        "the call was too long on its way for its time stamp",
        "try again";
    LoginFirst EXIT_HELD,
        "the call came without a login",
        "set application_key and consumer_key, or client_id, in ovh.conf";
    NotGranted EXIT_HELD,
        "the consumer key has no right to this call",
        "run dynhost ovh authorize for this zone";
    NoKey EXIT_HELD,
        "the consumer key does not exist",
        "run dynhost ovh authorize";
    ApplicationKey EXIT_HELD,
        "the application key is not known at this endpoint",
        "compare application_key and endpoint in ovh.conf (a key of one region is unknown in others)";
    KeyNotValid EXIT_HELD,
        "the consumer key is not valid (not yet validated, refused, or expired)",
        "open the link of dynhost ovh authorize, or run it again";
    NoPolicy EXIT_HELD,
        "the account is not granted this call",
        "give the service account a policy for this zone in the customer area, under IAM";
    Forbidden EXIT_HELD,
        "the call is forbidden",
        "look into the restrictions of the key, such as its addresses, in the customer area";
    NoService EXIT_HELD,
        "the zone is not in this account",
        "compare --zone with the zones that dynhost ovh setup offers, and the account of the key";
    NoObject EXIT_HELD,
        "there is no such login or record",
        "list them with dynhost ovh login list or dynhost ovh record list";
    Exists EXIT_HELD,
        "there is one already",
        "list them with dynhost ovh login list or dynhost ovh record list";
    ServiceExpired EXIT_HELD,
        "the service has expired",
        "renew the domain in the customer area";
    Client EXIT_HELD,
        "client id or secret is wrong",
        "compare client_id, client_secret and endpoint in ovh.conf";
    Scope EXIT_HELD,
        "the service account does not take the scope 'all'",
        "create it anew with the flow CLIENT_CREDENTIALS";
    BadRequest EXIT_HELD,
        "the call is not accepted as it is",
        "correct what the provider names";
    TooMany EXIT_RETRY,
        "there were too many calls",
        "wait a minute and try again";
    Down EXIT_RETRY,
        "the API has trouble of its own",
        "try again later";
    TooLong EXIT_HELD,
        "there are more than 64 like it",
        "remove those that nobody uses in the customer area";
    Unreadable EXIT_RETRY,
        "what came back is no answer of the API",
        "check the endpoint in ovh.conf, or try again later";
}

/// `errorCode`, or the token endpoint's `error`.
const CODES: &[(&str, Kind)] = &[
    ("INVALID_SIGNATURE", Kind::Signature),
    ("QUERY_TIME_OUT", Kind::Clock),
    ("NOT_GRANTED_CALL", Kind::NotGranted),
    ("NOT_CREDENTIAL", Kind::NoKey),
    ("INVALID_KEY", Kind::ApplicationKey),
    ("INVALID_CREDENTIAL", Kind::KeyNotValid),
    ("FORBIDDEN", Kind::Forbidden),
    ("invalid_client", Kind::Client),
    ("invalid_grant", Kind::Client),
    ("unauthorized_client", Kind::Client),
    ("invalid_scope", Kind::Scope),
];

/// Words of `message`, in lower case; the zone is what "service" means here.
const MESSAGES: &[(&str, Kind)] = &[
    ("you must login first", Kind::LoginFirst),
    ("service does not exist", Kind::NoService),
    ("user not granted", Kind::NoPolicy),
    ("invalid signature", Kind::Signature),
    ("already exist", Kind::Exists),
];

impl Trouble {
    /// Reads an answer whose status is no success.
    #[must_use]
    pub fn read(call: &Call, response: &Response) -> Self {
        let wire = refusal(&response.body);
        let code = wire.error_code.or(wire.error);
        let message = wire.message.or(wire.error_description).unwrap_or_default();
        let lower = message.to_ascii_lowercase();
        let by_code = code.and_then(|code| CODES.iter().find(|(known, _)| *known == code.as_str()));
        let by_message = || MESSAGES.iter().find(|(words, _)| lower.contains(words));
        let kind = by_code.or_else(by_message).map(|(_, kind)| *kind);
        let mut trouble =
            Self::of(call, response, kind.unwrap_or_else(|| by_status(response.status)));
        if let Self::Api { said, kind, .. } = &mut trouble {
            // The API repeats what it does not accept: only words that explain it are passed on.
            let helps = matches!(kind, Kind::BadRequest | Kind::Exists | Kind::Forbidden);
            if helps && !call.is_secret {
                *said = extract(message.as_bytes(), &[]).unwrap_or_default();
            }
        }
        trouble
    }

    /// An answer with this meaning.
    #[must_use]
    pub fn of(call: &Call, response: &Response, kind: Kind) -> Self {
        let path = call.path.split('?').next().unwrap_or_default();
        let is_id = |id: &&String| {
            id.len() <= MAX_QUERY_ID && !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic())
        };
        Self::Api {
            call: format!("{} {path}", call.method.as_str()),
            kind,
            query_id: response.query_id.as_ref().filter(is_id).cloned(),
            said: String::new(),
        }
    }

    /// What the answer means; `None` without one.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Failed(_) => None,
            Self::Api { kind, .. } => Some(*kind),
        }
    }

    /// The exit code that scripts act on.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.kind().map_or(EXIT_RETRY, Kind::exit_code)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(sentence) => f.write_str(sentence),
            Self::Api { call, kind, query_id, said } => {
                write!(f, "{call}: {}", kind.sentence())?;
                if !said.is_empty() {
                    write!(f, " (\"{said}\")")?;
                }
                write!(f, ", {}", kind.remedy())?;
                query_id.as_ref().map_or(Ok(()), |id| write!(f, " [query id {id}]"))
            }
        }
    }
}

impl std::error::Error for Trouble {}

fn by_status(status: u16) -> Kind {
    match status {
        400 | 405..=408 | 410..=422 => Kind::BadRequest,
        401 => Kind::LoginFirst,
        403 => Kind::Forbidden,
        404 => Kind::NoObject,
        409 => Kind::Exists,
        429 => Kind::TooMany,
        460 => Kind::ServiceExpired,
        500..=599 => Kind::Down,
        _ => Kind::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ovh::call::Method;

    fn post() -> Call {
        Call::new(Method::Post, String::from("/domain/zone/example.com/dynHost/login?x=y"))
    }

    fn response(status: u16, body: &str) -> Response {
        Response { status, query_id: Some("EU.ext-1.6a3f".into()), body: body.into() }
    }

    fn door(code: &str, http: &str, message: &str) -> String {
        format!("{{\"errorCode\":\"{code}\",\"httpCode\":\"{http}\",\"message\":\"{message}\"}}")
    }

    fn behind(class: &str, message: &str) -> String {
        format!("{{\"class\":\"{class}\",\"message\":\"{message}\",\"details\":{{}}}}")
    }

    /// Every error that was ever seen, and those that its status alone tells.
    #[test]
    fn every_error_has_its_meaning() {
        let rows = [
            (
                400,
                door("INVALID_SIGNATURE", "400 Bad Request", "Invalid signature"),
                Kind::Signature,
            ),
            (400, behind("Client::BadRequest", "Invalid signature"), Kind::Signature),
            (400, door("QUERY_TIME_OUT", "400 Bad Request", "Query out of time"), Kind::Clock),
            (401, behind("Client::Unauthorized", "You must login first"), Kind::LoginFirst),
            (
                403,
                door("NOT_GRANTED_CALL", "403 Forbidden", "This call has not been granted"),
                Kind::NotGranted,
            ),
            (
                403,
                door("NOT_CREDENTIAL", "403 Forbidden", "This credential does not exist"),
                Kind::NoKey,
            ),
            (
                403,
                door("INVALID_KEY", "403 Forbidden", "This application key is invalid"),
                Kind::ApplicationKey,
            ),
            (
                403,
                door("INVALID_CREDENTIAL", "403 Forbidden", "This credential is not valid"),
                Kind::KeyNotValid,
            ),
            (403, behind("Client::Forbidden", "User not granted for this request"), Kind::NoPolicy),
            (403, behind("Client::Forbidden", "Your IP is not allowed"), Kind::Forbidden),
            (404, behind("Client::NotFound", "This service does not exist"), Kind::NoService),
            (
                404,
                behind("Client::NotFound", "The requested object (id = 12) does not exist"),
                Kind::NoObject,
            ),
            (409, behind("Client::Conflict", "This login already exists"), Kind::Exists),
            (400, behind("Client::BadRequest", "Login already exists"), Kind::Exists),
            (
                400,
                behind("Client::BadRequest", "[ip] Given data (x) is not valid"),
                Kind::BadRequest,
            ),
            (460, behind("Client::Expired", "This service is expired"), Kind::ServiceExpired),
            (
                401,
                "{\"error\":\"invalid_client\",\"error_description\":\"no\"}".into(),
                Kind::Client,
            ),
            (400, "{\"error\":\"invalid_scope\"}".into(), Kind::Scope),
            (429, String::new(), Kind::TooMany),
            (500, behind("Server::InternalServerError", "Internal server error"), Kind::Down),
            (503, "<html>busy</html>".into(), Kind::Down),
            (302, "<html>moved</html>".into(), Kind::Unreadable),
        ];
        for (status, body, kind) in rows {
            let trouble = Trouble::read(&post(), &response(status, &body));
            assert_eq!(trouble.kind(), Some(kind), "{body}");
            let sentence = trouble.to_string();
            assert!(
                sentence.starts_with("POST /domain/zone/example.com/dynHost/login: "),
                "{sentence}"
            );
            assert!(sentence.contains(kind.remedy()), "{sentence}");
            assert!(sentence.ends_with(" [query id EU.ext-1.6a3f]"), "{sentence}");
            assert_eq!(sentence.lines().count(), 1);
        }
    }

    #[test]
    fn a_sentence_says_what_where_and_what_to_do() {
        let body = behind("Client::BadRequest", "[ip] Given data (x) is \\u001b[1m not valid");
        let trouble = Trouble::read(&post(), &response(400, &body));
        assert_eq!(
            trouble.to_string(),
            "POST /domain/zone/example.com/dynHost/login: the call is not accepted as it is (\"ip given \
             data ... is ... not valid\"), correct what the provider names [query id EU.ext-1.6a3f]"
        );
        for kind in Kind::ALL {
            for part in [kind.sentence(), kind.remedy()] {
                assert!(!part.is_empty() && !part.ends_with('.') && !part.contains('\n'), "{part}");
            }
        }
    }

    #[test]
    fn a_password_is_not_repeated_and_a_query_id_is_one() {
        let call = post().with(&[("password", "s3cret")]).secret();
        let body = behind("Client::BadRequest", "[password] Given data (s3cret) is not valid");
        let mut response = response(400, &body);
        response.query_id = Some("a\nb".into());
        let trouble = Trouble::read(&call, &response);
        for shown in [trouble.to_string(), format!("{trouble:?}")] {
            assert!(!shown.contains("s3cret") && !shown.contains('\n'), "{shown}");
        }
    }

    #[test]
    fn the_user_acts_or_time_helps() {
        for kind in Kind::ALL {
            let waits = matches!(kind, Kind::Clock | Kind::TooMany | Kind::Down | Kind::Unreadable);
            assert_eq!(kind.exit_code(), if waits { EXIT_RETRY } else { EXIT_HELD }, "{kind:?}");
        }
        assert_eq!(Trouble::Failed("no line".into()).exit_code(), EXIT_RETRY);
    }
}
