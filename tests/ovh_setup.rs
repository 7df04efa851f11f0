//! Does `dynhost ovh` lead from an empty account to a name that works, and say what is in its way?

mod authorize;
mod commands;
mod cut;
mod running;
mod terminal;
mod words;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;

use dynhost::address::Family;

use crate::support::agent::{Agent, Output};
use crate::support::client::Client;
use crate::support::lab::Lab;
use crate::support::lab::dns::DnsMode;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, WAN};

const SIX: &str = "2a01:cb00:1:2::7";
const SETUP: [&str; 6] = ["ovh", "setup", "--zone", "example.com", "--subdomain", "home"];
/// What a user has written before: everything but login and password.
const OWN: &str = "\n# mine\nconfig host 'home' # theirs\n\toption hostname 'home.example.com'\n\
    \toption provider 'lab'\n\nconfig host 'work'\n\toption enabled '0'\n# the end";
/// What no output, log or state may hold.
const SECRETS: [&str; 3] = ["lab-application-secret", "lab-consumer", "lab-client-secret"];

/// An account with one zone in it, two name servers, a line, and an agent that has keys.
struct Room {
    lab: Lab,
    agent: Agent,
}

impl Room {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut LabOptions)) -> Self {
        netns::enter();
        netns::add_wan(&format!("{WAN}/24"));
        netns::resolve_by(Ipv4Addr::LOCALHOST);
        let lab = lab(change);
        let config = lab.provider_section("lab") + OWN;
        let agent = agent(&lab, &config);
        Self { lab, agent }
    }

    fn setup(&self, more: &[&str]) -> Output {
        let output = self.agent.run(&[&SETUP, more].concat());
        self.assert_silent(&output);
        output
    }

    fn config(&self) -> String {
        std::fs::read_to_string(self.agent.config_file()).unwrap()
    }

    /// An option of a section as the configuration has it.
    fn option(&self, name: &str) -> Option<String> {
        let config = self.config();
        let home = config.split_once("config host 'home'")?.1;
        let home = home.split("\nconfig ").next()?;
        let value = home.split_once(&format!("{name} '"))?.1;
        Some(value.split('\'').next()?.to_owned())
    }

    /// No secret is in an output or in the state.
    fn assert_silent(&self, output: &Output) {
        let mut shown = output.said();
        if self.agent.state_file().exists() {
            shown += &std::fs::read_to_string(self.agent.state_file()).unwrap();
        }
        let password = self.option("password");
        for secret in SECRETS.into_iter().chain(password.as_deref()) {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }

    /// The name works by what the configuration has, in the DNS, and nothing else was touched.
    fn assert_complete(&self, hint: &str) {
        let [identifier] = self.lab.identifiers().try_into().expect(hint);
        assert_eq!(Some(&identifier.login), self.option("username").as_ref(), "{hint}");
        assert_eq!(self.option("enabled").as_deref(), Some("1"), "{hint}");
        let config = self.config();
        let kept = ["# mine\nconfig host 'home' # theirs\n\toption hostname", "# the end"];
        assert!(kept.iter().all(|text| config.contains(text)), "{hint}: {config}");
        let mode = self.agent.config_file().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{hint}");
        for server in self.lab.dns_addresses() {
            let shown = crate::support::lab::ask::ask(
                server,
                crate::support::lab::ask::Transport::Udp,
                HOME,
                Family::Ipv4,
            );
            assert_eq!(shown.unwrap().addresses, [(WAN.parse().unwrap(), 60)], "{hint}");
        }
        let client = Client::new(&self.lab, &identifier.login, &self.option("password").unwrap());
        assert_eq!(client.update(HOME, WAN).unwrap().body, format!("nochg {WAN}"), "{hint}");
    }

    /// Method and path of each call of the API since the `n`th request.
    fn calls_since(&self, n: usize) -> Vec<String> {
        let requests = self.lab.requests();
        let calls = requests.iter().skip(n).map(|one| &one.request);
        calls.map(|call| format!("{} {}", call.method, call.target)).collect()
    }
}

fn lab(change: impl FnOnce(&mut LabOptions)) -> Lab {
    let mut options = LabOptions {
        identifiers: Vec::new(),
        records: Vec::new(),
        dns: server(1),
        further_dns: vec![server(2)],
        ..LabOptions::default()
    };
    options.api.calls_a_minute = 1000;
    change(&mut options);
    Lab::start(options)
}

fn server(last: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, last], 53))
}

/// An agent with the lab's keys and authority in its environment, and a home of its own.
fn agent(lab: &Lab, config: &str) -> Agent {
    let mut agent = Agent::new(config);
    let home = agent.config_file().parent().unwrap().to_str().unwrap().to_owned();
    let ca_file = lab.ca_file().to_str().unwrap().to_owned();
    for (name, value) in [
        ("HOME", home.as_str()),
        ("SSL_CERT_FILE", &ca_file),
        ("OVH_ENDPOINT", &lab.api_base()),
        ("OVH_APPLICATION_KEY", "lab-application"),
        ("OVH_APPLICATION_SECRET", "lab-application-secret"),
        ("OVH_CONSUMER_KEY", "lab-consumer"),
    ] {
        agent.set_env(name, value);
    }
    agent
}

#[test]
fn an_empty_account_becomes_a_name_in_the_dns_and_a_second_run_changes_nothing() {
    let room = Room::new();
    let output = room.setup(&[]);
    assert_eq!(output.code(), 0, "{}", output.said());
    let steps = [
        "write a new password for example.com-home into the configuration\n",
        "create the identifier with suffix home\n",
        "create the DynHost record for 81.2.69.10\n",
        "refresh the zone\n",
        "switch the section on\n",
        "home\tipv4\tunchanged\t81.2.69.10\t",
        "home.example.com points at 81.2.69.10, say ns1.provider.lab and ns2.provider.lab\n",
    ];
    let mut rest = output.stdout.as_str();
    for step in steps {
        rest = rest.split_once(step).unwrap_or_else(|| panic!("{step}: {}", output.said())).1;
    }
    room.assert_complete("");
    let (config, requests) = (room.config(), room.lab.requests().len());
    let state = std::fs::read(room.agent.state_file()).unwrap();
    let again = room.setup(&[]);
    assert_eq!(again.code(), 0, "{}", again.said());
    assert!(again.stdout.contains("keep the identifier example.com-home\n"), "{}", again.stdout);
    let calls = room.calls_since(requests);
    assert!(calls.iter().all(|call| call.starts_with("GET /1.0/")), "{calls:?}");
    assert_eq!(room.config(), config);
    assert_eq!(std::fs::read(room.agent.state_file()).unwrap(), state);
}

#[test]
fn without_a_configuration_one_is_made_with_both_families() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    netns::add_address(&format!("{SIX}/64"));
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    netns::resolve_by(Ipv4Addr::LOCALHOST);
    let lab = lab(|_| {});
    let agent = agent(&lab, "");
    std::fs::remove_file(agent.config_file()).unwrap();
    // Without a provider section updates go to OVHcloud, which is not there.
    let output =
        agent.run(&[&SETUP[..5], &["my-home", "--family", "ipv4,ipv6", "--suffix", "x"]].concat());
    assert_eq!(output.code(), 75, "{}", output.said());
    let mode = agent.config_file().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let config = std::fs::read_to_string(agent.config_file()).unwrap();
    for line in [
        "config host 'my_home'\n",
        "option hostname 'my-home.example.com'\n",
        "list family 'ipv4'\n\tlist family 'ipv6'\n",
        "option username 'example.com-x'\n",
        "option enabled '1'\n",
    ] {
        assert!(config.contains(line), "{line}: {config}");
    }
    let shown = |family| lab.answer("my-home.example.com", family).unwrap().addresses;
    assert_eq!(shown(Family::Ipv4), [(WAN.parse::<IpAddr>().unwrap(), 60)]);
    assert_eq!(shown(Family::Ipv6), [(SIX.parse::<IpAddr>().unwrap(), 60)]);
}

#[test]
fn a_dry_run_lists_the_calls_and_makes_none() {
    let room = Room::new();
    room.lab.add_plain(HOME, ("CNAME", "elsewhere.example."), 0);
    let before = room.config();
    let output = room.setup(&["--dry-run", "--replace"]);
    assert_eq!(output.code(), 0, "{}", output.said());
    for call in [
        "\tPOST /domain/zone/example.com/dynHost/login ***\n",
        "\tDELETE /domain/zone/example.com/record/1000001\n",
        "\tPOST /domain/zone/example.com/dynHost/record {\"ip\":\"81.2.69.10\",\"subDomain\":\"home\"}\n",
        "\tPOST /domain/zone/example.com/refresh\n",
    ] {
        assert!(output.stdout.contains(call), "{call}: {}", output.said());
    }
    assert!(room.calls_since(0).iter().all(|call| call.starts_with("GET ")));
    assert_eq!(room.config(), before);
    assert!(!room.agent.state_dir().exists());
}

#[test]
fn the_apex_has_a_name_too_and_a_clock_wrong_by_a_year_does_not_matter() {
    for (index, ahead) in [-365, 365].into_iter().enumerate() {
        let room = Room::with(|_| {});
        room.lab.account().set_clock_ahead(ahead * 86_400);
        room.agent.configure(
            &(room.lab.provider_section("lab") + "config host 'apex'\n\toption provider 'lab'\n"),
        );
        let sub_domain = ["@", ""][index];
        let output = room.agent.run(&[
            "ovh",
            "setup",
            "--zone",
            "example.com",
            "--subdomain",
            sub_domain,
            "--host",
            "apex",
        ]);
        assert_eq!(output.code(), 0, "{}", output.said());
        assert!(
            output.stdout.contains("example.com points at 81.2.69.10, say"),
            "{}",
            output.said()
        );
        assert_eq!(room.lab.identifiers()[0].login, "example.com-dynhost");
        assert_eq!(room.lab.identifiers()[0].sub_domain, "");
    }
}

#[test]
fn a_name_server_that_lags_or_is_down_is_waited_for() {
    let rows = [
        (DnsMode::Lagging, "ns2.provider.lab has no record yet"),
        (DnsMode::Silent, "ns2.provider.lab does not answer"),
        (DnsMode::Refused, "ns2.provider.lab does not hold the zone"),
    ];
    for (mode, says) in rows {
        let room = Room::new();
        room.lab.set_dns_at(1, mode);
        let output = room.setup(&["--wait", "1"]);
        assert_eq!(output.code(), 75, "{}", output.said());
        let sentence =
            format!("{says}, wanted is 81.2.69.10: all else is done, and the DNS may take longer");
        assert!(output.stderr.contains(&sentence), "{}", output.said());
        room.lab.set_dns_at(1, DnsMode::Answering);
        assert_eq!(room.setup(&[]).code(), 0);
        room.assert_complete(says);
    }
}

#[test]
fn a_service_account_does_as_well_as_keys() {
    let room = Room::new();
    let mut agent = agent(&room.lab, &room.config());
    for (name, value) in [
        ("OVH_APPLICATION_KEY", ""),
        ("OVH_APPLICATION_SECRET", ""),
        ("OVH_CONSUMER_KEY", ""),
        ("OVH_CLIENT_ID", "EU.lab"),
        ("OVH_CLIENT_SECRET", "lab-client-secret"),
    ] {
        agent.set_env(name, value);
    }
    let output = agent.run(&SETUP);
    assert_eq!(output.code(), 0, "{}", output.said());
}
