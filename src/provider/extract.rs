//! What a provider wrote, for a person: those of its words that are in a list of ours.
//!
//! An error page may repeat the request, `Authorization` included, in whatever notation: base64
//! twice, UTF-16, one letter a line. Notations have no end, so none is looked for: no byte of a
//! page is passed on. A page is read for words that explain a refusal, and these are said as the
//! list has them. What is not in it is left out, and shows as dots.

/// Characters that are shown.
const SHOWN_MAX: usize = 60;
/// Bytes that are looked through: a page of HTML comes to its point later than a line of text.
const LOOKED_AT: usize = 1024;
/// Letters of a secret in a row that are too many: one may be made of words of the list.
const PART: usize = 4;
/// Shown in the place of what is left out.
const GAP: &str = " ... ";

/// English first, then what French and German add; in small letters, none of a single letter.
const WORDS: &str = "\
    an and any are as at be been but by can cannot could did do does for from had has have how \
    if in into is it its may more most must near no not of off on only or other our out over \
    please should so soon some than that the their there these this those to too under until up \
    us was we were what when where which while who why will with would you your yourself abuse \
    abusive accept accepted access account accounts action activate activated active added \
    address addresses administrator agent allowed already amount another api application attempt \
    attempts authentication authorization authorized automated automatic available away back \
    backend bad balance banned because before billing blacklisted block blocked body bot bots \
    browser busy call calls captcha certificate challenge change changed check choose class \
    client closed cloud code come complete completed configuration configured conflict connect \
    connection contact contain contains content continue cookies correct country create created \
    credential credentials customer data database date days deactivated deleted denied \
    deprecated description detail details detected device different disabled discontinued \
    documentation domain domains down due duplicate dynamic email empty enable enabled \
    encountered ended enough entry error errors exceeded exception exist existing exists expired \
    expires failed failure family fault fetch field file filter firewall first flood flooding \
    forbidden format found free frequent gateway give given gone group guest happened help here \
    host hostname hosts hour hours http https identifier illegal inactive incident incorrect \
    internal invalid issue javascript just key large last later least legacy length less limit \
    limited limits line link list load locked log logged login long longer made maintenance \
    malformed manually many matching maximum message method minimum minute minutes missing \
    moment month moved multiple name names network never new none nothing notice number object \
    offline old once one operation option order origin outage outdated own owner page parameter \
    parameters parse password paused pay payment period permanently permission permissions \
    permitted plan planned policy portal possible previously private problem process processed \
    product prohibited protected protocol provided provider proxy public quickly quota rate \
    reach reached reason receive received record records recently redirect redirecting refused \
    registered reject rejected reload remote remove removed renew renewed request requested \
    requests require required requires reset resolve resource resources response restricted \
    retry return root rule run running same scheduled second seconds security see seems send \
    sent server servers service services session sign site slow something sorry source specified \
    start started state status still stopped store stored subdomain subscription successful \
    successfully support supported suspended suspicious syntax system target technical \
    temporarily temporary terminated timed timeout times title today token traffic transient try \
    trying twice type unable unauthorized unavailable unexpected unknown unpaid unreachable \
    unsupported unusual update updated updates updating upgrade upstream url use used user \
    username users using valid validation value verification verified verify version violation \
    visit wait waiting warning web website went working ip ips ttl suffix string integer boolean \
    write wrong yet zone zones acces adresse compte connexion demande domaine erreur est expire \
    identifiant impossible incorrecte indisponible interdit interne introuvable invalide mauvais \
    merci mot non passe plus refus requete serveur suspendu temporairement trop utilisateur \
    veuillez votre abgelaufen abgelehnt anfrage anmeldung benutzer bitte falsch fehler gesperrt \
    kennwort konto nicht passwort sperre ung verboten wartung zugriff";

/// What the start of `body` says in words of the list, unless those may be of `secrets`.
///
/// `None` if it says nothing in them.
#[must_use]
pub fn extract(body: &[u8], secrets: &[&str]) -> Option<String> {
    let mut shown = String::new();
    let mut is_gap = false;
    for token in tokens(body.get(..LOOKED_AT).unwrap_or(body)) {
        let Some(word) = listed(token) else {
            is_gap = true;
            continue;
        };
        let between = match (shown.is_empty(), is_gap) {
            (true, _) => "",
            (false, true) => GAP,
            (false, false) => " ",
        };
        if shown.len() + between.len() + word.len() > SHOWN_MAX {
            break;
        }
        shown = shown + between + word;
        is_gap = false;
    }
    let says_something = shown.split(' ').any(|word| word.len() >= PART);
    (says_something && !secrets.iter().any(|secret| may_be_of(secret, &shown))).then_some(shown)
}

/// What stands between blanks, marks and tags; escapes and numbers keep their letters together.
fn tokens(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_tag = false;
    let between = move |byte: &u8| {
        let was_tag = is_tag;
        is_tag = match byte {
            b'<' => true,
            b'>' => false,
            _ => is_tag,
        };
        was_tag || byte.is_ascii_whitespace() || b"<>()[]{}\"',.;:!?-_=/".contains(byte)
    };
    body.split(between).filter(|token| !token.is_empty())
}

fn listed(token: &[u8]) -> Option<&'static str> {
    WORDS.split_ascii_whitespace().find(|word| word.as_bytes().eq_ignore_ascii_case(token))
}

/// Whether `shown` has a few letters of `secret` in a row, or all of a short one as a word.
fn may_be_of(secret: &str, shown: &str) -> bool {
    let (letters, all) = (letters(secret), letters(shown));
    let mut parts = letters.as_bytes().windows(PART);
    parts.any(|part| all.as_bytes().windows(PART).any(|row| row == part))
        || shown.split(' ').any(|word| word == letters)
}

/// The letters of ASCII alone, in small ones.
fn letters(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphabetic);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRETS: [&str; 2] = ["example.org-den", "pa55#W:%0rd\u{e9}"];

    fn said(body: &str) -> Option<String> {
        extract(body.as_bytes(), &SECRETS)
    }

    #[test]
    fn a_page_says_what_is_wrong_in_words_of_the_list() {
        let rows = [
            ("", None),
            (" \r\n\t", None),
            ("<html><h1>502 Bad Gateway</h1>\n<hr>nginx", Some("bad gateway")),
            ("{\"message\":\"Too many requests\"}", Some("message too many requests")),
            ("{\"class\":\"Client::Error\"}", Some("class client error")),
            (
                "Your IP is on our blacklist, contact support@x",
                Some("your ip is on our ... contact"),
            ),
            ("Votre compte est suspendu", Some("votre compte est suspendu")),
            ("<p class=\"error\" title=\"the server\">moved</p>", Some("moved")),
            ("\u{1b}[31mforbidden \u{202e}access denied", Some("denied")),
            ("of the at in", None),
        ];
        for (body, shown) in rows {
            assert_eq!(said(body).as_deref(), shown, "{body:?}");
        }
    }

    #[test]
    fn what_is_shown_is_short_and_whole_words_of_the_start() {
        let shown = said(&"error ".repeat(100)).expect("words");
        assert_eq!(shown, ["error"; 10].join(" "));
        let shown = said(&"error x ".repeat(100)).expect("words");
        assert_eq!(shown, ["error"; 6].join(GAP));
        assert_eq!(said(&("x".repeat(LOOKED_AT) + " error")), None);
    }

    #[test]
    fn nothing_passes_that_is_not_in_the_list() {
        // Each byte beside others that mean something, alone and around a word.
        for first in 0..=u8::MAX {
            for second in *b"a0<&\\%\0\xff" {
                let pair = [first, second];
                let body = [&pair[..], b" error ", &pair, b"error", &pair].concat();
                let Some(shown) = extract(&body, &[]) else {
                    assert!(pair.contains(&b'<'), "{pair:?}");
                    continue;
                };
                let is_listed = |word: &str| word == "..." || listed(word.as_bytes()).is_some();
                assert!(shown.split(' ').all(is_listed), "{pair:?}: {shown}");
            }
        }
    }

    #[test]
    fn a_secret_that_is_made_of_words_is_not_repeated() {
        let rows = [
            ("account", "your account is locked"),
            ("Bad-Gateway", "bad gateway"),
            ("bad", "the bad request"),
            ("ERROR42", "error 42"),
            ("lockedout", "locked out"),
            ("me-ssage", "no message"),
        ];
        for (secret, body) in rows {
            assert_eq!(extract(body.as_bytes(), &["", secret]), None, "{secret}");
            assert!(extract(body.as_bytes(), &["", "p", "#:%"]).is_some(), "{body}");
        }
    }

    #[test]
    fn the_list_has_each_word_once_in_small_letters_and_none_of_a_single_one() {
        let words: Vec<_> = WORDS.split_ascii_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            assert!(word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
            assert!(!words[..at].contains(word), "{word}");
        }
    }
}
