//! `dynhost ovh authorize`: a consumer key with the rights that are needed and no more.

use std::time::Duration;

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use super::caller::Caller;
use super::{any_credentials, ask, checked_zone, print, refused, usage};
use crate::config::Secret;
use crate::error::{EXIT_CONFIG, EXIT_RETRY, Error};
use crate::io::clock;
use crate::io::config_file::ConfigFile;
use crate::io::terminal::{self, Progress};
use crate::ovh::api::Api;
use crate::ovh::credentials::{Access, FILES};
use crate::ovh::error::Trouble;
use crate::ovh::ini;
use crate::ovh::rights::rights;
use crate::ovh::values::KeyState;

/// How often the API is asked whether the link was opened: a third of the calls allowed.
const INTERVAL: Duration = Duration::from_secs(3);

/// What was asked for.
pub(super) struct Wish<'a> {
    /// With the right to delete plain records.
    pub(super) replace: bool,
    /// Where the key goes.
    pub(super) file: Option<&'a str>,
    /// How long its user is waited for.
    pub(super) wait: Duration,
}

pub(super) fn run(zone: Option<&str>, wish: &Wish<'_>) -> Result<u8, Error> {
    let credentials = any_credentials()?;
    if let Access::Service { .. } = credentials.access {
        return Err(usage("a service account needs no consumer key: it gets its rights by IAM"));
    }
    let zone = match zone {
        Some(zone) => zone.to_owned(),
        None if terminal::can_ask() => checked_zone(&ask("zone: ", "")?)?,
        None => return Err(usage("--zone is missing")),
    };
    let path = wish.file.unwrap_or(FILES[0]);
    let section = credentials.endpoint.name.clone();
    // Before anything is asked for: there must be a place for the key.
    let file = ConfigFile::open(path)?;
    with_key(&file, path, &section, "x")?;
    drop(file);
    let mut caller = Caller::open(credentials)?;
    let new = Api::new(&mut caller).request_key(&rights(&zone, wish.replace))?;
    print(&format!(
        "open this link, log in, and grant the rights for {zone} with validity 'unlimited':\n{}\n",
        new.url
    ))?;
    if terminal::can_ask()
        && let Some(code) = qr_code(&new.url)
    {
        print(&code)?;
    }
    caller.use_key(new.consumer_key.clone());
    wait(&mut Api::new(&mut caller), wish.wait)?;
    store(path, &section, &new.consumer_key)
}

/// The link for a telephone's camera, black on white whatever the terminal's colours are; none if
/// the link is longer than a code can hold.
fn qr_code(link: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(link, EcLevel::L).ok()?;
    let drawn = code.render::<Dense1x2>().build();
    Some(drawn.lines().map(|line| format!("\x1b[30;107m{line}\x1b[0m\n")).collect())
}

fn wait(api: &mut Api<'_>, limit: Duration) -> Result<(), Error> {
    let begun = clock::since_boot();
    let mut progress = Progress::new();
    loop {
        match api.key_state() {
            Ok(KeyState::Validated) => return Ok(()),
            Ok(KeyState::Refused) => {
                return Err(refused("the rights were refused on that page, nothing was stored"));
            }
            Ok(KeyState::Expired) => {
                return Err(refused(
                    "the key has expired already, run dynhost ovh authorize again",
                ));
            }
            // The line may be gone for a moment.
            Ok(KeyState::PendingValidation) | Err(Trouble::Failed(_)) => {}
            Err(trouble) => return Err(trouble.into()),
        }
        let waited = clock::since_boot().saturating_sub(begun);
        let left = limit.saturating_sub(waited);
        if left.is_zero() {
            return Err(late(limit));
        }
        progress.show(format_args!("waiting for the link to be opened, {} s left", left.as_secs()));
        clock::sleep(INTERVAL.min(left));
    }
}

/// The API says the same of a key that waits and of one that is signed for with a wrong secret.
fn late(limit: Duration) -> Error {
    let text = format!(
        "the rights were not granted within {}, nothing was stored: run dynhost ovh authorize \
         again, or, if they were, compare application_secret in ovh.conf",
        crate::text::span(limit.as_secs())
    );
    Error::Refused { text, exit: EXIT_RETRY }
}

fn store(path: &str, section: &str, key: &Secret) -> Result<u8, Error> {
    let file = ConfigFile::open(path)?;
    let text = with_key(&file, path, section, key.reveal())?;
    file.replace(text.as_bytes())?;
    let is_in_force = any_credentials().is_ok_and(
        |now| matches!(now.access, Access::Keys { consumer_key: Some(now), .. } if now == *key),
    );
    let note = if is_in_force {
        ""
    } else {
        "; another one is in force here: remove consumer_key from the environment and from the \
         ovh.conf that is read after it"
    };
    print(&format!("the consumer key is in {path}{note}\n"))
}

fn with_key(file: &ConfigFile, path: &str, section: &str, key: &str) -> Result<String, Error> {
    let refusal = |(line, text): (usize, &str)| Error::Refused {
        text: if line == 0 { format!("{path}: {text}") } else { format!("{path}:{line}: {text}") },
        exit: EXIT_CONFIG,
    };
    let text = std::str::from_utf8(file.text()).map_err(|_| refusal((0, "it is not UTF-8")))?;
    ini::set(text, section, ("consumer_key", key)).map_err(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_fits_a_terminal_and_is_the_links_own() {
        let link = "https://eu.api.ovh.com/auth/?credentialToken=".to_owned() + &"k".repeat(64);
        let code = qr_code(&link).expect("a link of that length has a code");
        let width = |line: &str| line.chars().filter(|char| " ▀▄█".contains(*char)).count();
        let widths: Vec<_> = code.lines().map(width).collect();
        assert!(widths.iter().all(|width| *width == widths[0] && *width <= 60), "{widths:?}");
        assert!(widths.len() * 2 >= widths[0] && widths.len() <= 30, "{widths:?}");
        assert!(code.lines().all(|line| line.starts_with("\x1b[30;107m")), "{code}");
        assert_ne!(Some(code), qr_code(&link.replace('k', "l")));
        assert_eq!(qr_code(&"k".repeat(5000)), None);
    }
}
