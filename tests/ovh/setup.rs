//! From an empty account to a name in the DNS, cut at every call and run again.

use std::net::IpAddr;

use dynhost::address::Family;
use dynhost::config::Secret;
use dynhost::ovh::api::Api;
use dynhost::ovh::call::Call;
use dynhost::ovh::error::Trouble;
use dynhost::ovh::exchange::Exchange;
use dynhost::ovh::names;
use dynhost::ovh::plan::{Action, Section, Wanted, plan};
use dynhost::ovh::setup::{gather, perform};
use dynhost::ovh::values::Response;
use dynhost::uci::edit::{self, Target, Wanted as Set};
use dynhost::uci::{self, Value};

use super::{Sender, ZONE, empty};
use crate::support::client::Client;
use crate::support::lab::Lab;

const HOME: Target<'_> = Target { kind: "host", name: "home" };
const HOSTNAME: &str = "home.example.com";

/// Lets so many calls through, then cuts: before the next one is sent, or before its answer.
struct Cut<'s> {
    sender: &'s mut Sender,
    left: usize,
    arrives: bool,
}

impl Exchange for Cut<'_> {
    fn exchange(&mut self, call: &Call) -> Result<Response, Trouble> {
        if self.left > 0 {
            self.left -= 1;
            return self.sender.exchange(call);
        }
        if std::mem::take(&mut self.arrives) {
            self.sender.exchange(call)?;
        }
        Err(Trouble::Failed("cut".into()))
    }
}

/// The configuration file, in memory.
struct Config(Vec<u8>);

impl Config {
    fn option(&self, name: &str) -> Option<String> {
        let parsed = uci::parse(&self.0);
        let home =
            parsed.sections.iter().find(|section| section.name.as_deref() == Some("home"))?;
        match &home.option(name)?.value {
            Value::String(value) => Some(value.to_string()),
            Value::List(_) => None,
        }
    }

    fn set(&mut self, options: &[(&str, &str)]) {
        let options: Vec<_> = options.iter().map(|(name, v)| (*name, Set::Value(v))).collect();
        self.0 = edit::set(&self.0, HOME, &options).unwrap();
    }

    fn section(&self) -> Option<Section> {
        let is_there =
            uci::parse(&self.0).sections.iter().any(|s| s.name.as_deref() == Some("home"));
        is_there.then(|| Section {
            login: self.option("username").unwrap_or_default(),
            has_password: self.option("password").is_some(),
            enabled: self.option("enabled").is_none_or(|enabled| enabled == "1"),
        })
    }
}

fn addresses() -> [IpAddr; 2] {
    ["81.2.69.7", "2a01:cb00:1:2::7"].map(|text| text.parse().unwrap())
}

/// One run of setup; what it changed, or why it was cut.
fn run(
    lab: &Lab,
    config: &mut Config,
    exchange: &mut dyn Exchange,
    seed: u8,
) -> Result<Vec<Action>, String> {
    let addresses = addresses();
    let wanted = Wanted {
        zone: ZONE,
        sub_domain: "home",
        addresses: &addresses,
        suffix: None,
        new_password: false,
        replace: true,
    };
    let mut api = Api::new(exchange);
    let mut existing =
        gather(&mut api, &wanted, config.section()).map_err(|trouble| trouble.to_string())?;
    existing.is_visible = is_shown(lab);
    let actions = plan(&wanted, &existing).map_err(|obstacle| obstacle.to_string())?;
    for action in &actions {
        match action {
            Action::WriteSection { login } => {
                let password = names::password(&[seed; names::RANDOM_LENGTH]).unwrap();
                let (username, password) = (login.as_str(), password.reveal());
                config.set(&[
                    ("enabled", "0"),
                    ("hostname", HOSTNAME),
                    ("username", username),
                    ("password", password),
                ]);
            }
            Action::Enable => config.set(&[("enabled", "1")]),
            _ => {
                let password = Secret::new(config.option("password").unwrap_or_default());
                perform(&mut api, &wanted, action, &password)
                    .map_err(|trouble| trouble.to_string())?;
            }
        }
    }
    Ok(actions.into_iter().filter(Action::changes).collect())
}

fn is_shown(lab: &Lab) -> bool {
    [Family::Ipv4, Family::Ipv6]
        .into_iter()
        .all(|family| lab.answer(HOSTNAME, family).is_ok_and(|answer| !answer.addresses.is_empty()))
}

fn lab_with_a_record_in_the_way() -> Lab {
    let lab = Lab::start(empty());
    lab.add_plain(HOSTNAME, ("CNAME", "elsewhere.example."), 0);
    lab.add_plain("homes.example.com", ("A", "81.2.69.1"), 0);
    lab
}

fn config() -> Config {
    Config(b"# mine\nconfig host 'work' # theirs\n\toption enabled '0'\n".to_vec())
}

/// The name works, by the password in the configuration and in the DNS; nothing else was touched.
fn assert_complete(lab: &Lab, config: &Config, hint: &str) {
    let [identifier] = lab.identifiers().try_into().expect(hint);
    assert_eq!(Some(&identifier.login), config.option("username").as_ref(), "{hint}");
    let password = config.option("password").unwrap();
    assert!(config.0.starts_with(&self::config().0), "{hint}");
    assert_eq!(config.option("enabled").as_deref(), Some("1"), "{hint}");
    let left: Vec<_> = lab.plain().into_iter().map(|plain| plain.hostname).collect();
    assert_eq!(left, ["homes.example.com"], "{hint}");
    let client = Client::new(lab, &identifier.login, &password);
    for (family, address) in [(Family::Ipv4, "81.2.69.10"), (Family::Ipv6, "2a01:cb00:1:2::10")] {
        assert_eq!(client.update(HOSTNAME, address).unwrap().body, format!("good {address}"));
        let shown = lab.answer(HOSTNAME, family).unwrap();
        assert_eq!(shown.addresses, [(address.parse().unwrap(), 60)], "{hint}");
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let lab = lab_with_a_record_in_the_way();
    let (mut sender, mut config) = (Sender::new(&lab), config());
    let changed = run(&lab, &mut config, &mut sender, 1).unwrap();
    assert_eq!(changed.len(), 7, "{changed:?}");
    let before = config.0.clone();
    assert_eq!(run(&lab, &mut config, &mut sender, 2), Ok(vec![]));
    assert_eq!(config.0, before);
    assert_complete(&lab, &config, "");
}

#[test]
fn cut_at_any_call_and_run_again_it_comes_to_the_same_end() {
    for arrives in [false, true] {
        let mut cuts = 0;
        for left in 0.. {
            let lab = lab_with_a_record_in_the_way();
            let (mut sender, mut config) = (Sender::new(&lab), config());
            let mut cut = Cut { sender: &mut sender, left, arrives };
            let hint = format!("cut at call {left}, which arrives: {arrives}");
            if run(&lab, &mut config, &mut cut, 1).is_ok() {
                break;
            }
            cuts += 1;
            run(&lab, &mut config, &mut sender, 2).expect(&hint);
            assert_complete(&lab, &config, &hint);
        }
        assert!(cuts > 10, "{cuts}");
    }
}
