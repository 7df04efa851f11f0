//! `dynhost doctor` on lines, resolvers, providers and zones with each a fault of their own.

mod device;
mod path;
mod zone;

use std::net::Ipv4Addr;

use serde_json::Value;

use crate::support::agent::{Agent, Output};
use crate::support::lab::Lab;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, WAN, host};

/// The provider, by the name that OVHcloud's has, at an address of the internet.
const PROVIDER: &str = "dns.eu.ovhapis.com";
const AT: Ipv4Addr = Ipv4Addr::new(62, 4, 16, 2);
/// Its name servers; the first is the line's resolver, too.
const SERVERS: [Ipv4Addr; 2] = [Ipv4Addr::new(62, 4, 16, 53), Ipv4Addr::new(62, 4, 16, 54)];

/// A line, the provider, and an agent that keeps `home` current there.
struct Home {
    lab: Lab,
    agent: Agent,
}

impl Home {
    /// Nothing is wrong.
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same with another lab.
    fn with(change: impl FnOnce(&mut LabOptions)) -> Self {
        Self::on_a_line(&format!("{WAN}/24"), change)
    }

    /// The same with another address of the line.
    fn on_a_line(address: &str, change: impl FnOnce(&mut LabOptions)) -> Self {
        netns::enter();
        netns::add_wan(address);
        for ip in [AT, SERVERS[0], SERVERS[1]] {
            netns::ip(&["addr", "add", &format!("{ip}/32"), "dev", "lo"]);
        }
        netns::resolve_by(SERVERS[0]);
        let mut options = LabOptions {
            name: PROVIDER.into(),
            https: (AT, 0).into(),
            dns: (SERVERS[0], 53).into(),
            further_dns: vec![(SERVERS[1], 53).into()],
            ..LabOptions::default()
        };
        change(&mut options);
        let lab = Lab::start(options);
        let agent = Agent::new("");
        let home = Self { lab, agent };
        home.configure(&[]);
        home
    }

    /// Configures `home` with these options beside the usual ones.
    fn configure(&self, options: &[(&str, &str)]) {
        let provider = self.lab.provider_section_at("lab", PROVIDER);
        self.agent.configure(&(provider + &host("home", options)));
    }

    /// Publishes the address.
    fn publish(&self) {
        let output = self.agent.run(&["update"]);
        assert_eq!(output.code(), 0, "{output:?}");
    }

    /// What the doctor says, as a document.
    fn examine(&self) -> Findings {
        let before = self.lab.requests().len();
        let findings = Findings::of(self.agent.run(&["doctor", "--json"]));
        assert_eq!(self.lab.requests().len(), before, "the doctor sent something");
        findings
    }

    /// Looks for exactly these faults, each as `TOPIC TEXT`, and this exit code.
    fn has(&self, code: i32, faults: &[&str]) -> Findings {
        let findings = self.examine();
        let found = findings.of_verdict("fault");
        assert_eq!(found.len(), faults.len(), "{faults:?} {findings:#?}");
        for fault in faults {
            assert!(found.iter().any(|found| found.contains(fault)), "{fault}: {findings:#?}");
        }
        assert_eq!(findings.code, code, "{findings:#?}");
        findings
    }
}

/// What the doctor said.
#[derive(Debug)]
struct Findings {
    code: i32,
    lines: Vec<Value>,
}

impl Findings {
    fn of(output: Output) -> Self {
        let document: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        assert!(!output.said().contains("secret"), "{output:?}");
        assert_eq!(document["exit"], output.code(), "{output:?}");
        for line in output.stdout.lines().filter(|line| line.contains("\"verdict\"")) {
            let line = line.trim_start_matches(',');
            assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
        }
        let lines = document["lines"].as_array().expect("a list").clone();
        for line in &lines {
            let has_remedy = line["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty());
            assert!(has_remedy || line.get("remedy").is_none(), "{line}");
            assert!(!line["text"].as_str().expect("a sentence").is_empty(), "{line}");
        }
        Self { code: output.code(), lines }
    }

    /// Those of this verdict, as `TOPIC TEXT`.
    fn of_verdict(&self, verdict: &str) -> Vec<String> {
        let lines = self.lines.iter().filter(|line| line["verdict"] == verdict);
        let text = |line: &Value| {
            format!("{} {}", line["topic"].as_str().unwrap(), line["text"].as_str().unwrap())
        };
        lines.map(text).collect()
    }

    fn notes(&self, text: &str) -> bool {
        self.of_verdict("note").iter().any(|note| note.contains(text))
    }

    fn approves(&self, text: &str) -> bool {
        self.of_verdict("ok").iter().any(|ok| ok.contains(text))
    }
}

#[test]
fn a_name_that_is_as_it_should_be_is_found_well_in_every_respect() {
    let home = Home::new();
    home.publish();
    let findings = home.has(0, &[]);
    for text in [
        "configuration ",
        "clock the clock says 20",
        "interface ipv4 the address is 81.2.69.10 on wan0, by source interface",
        "nat ipv4 81.2.69.10 can be reached",
        "route the IPv4 default route is by wan0",
        "resolver 62.4.16.53 says that dns.eu.ovhapis.com is 62.4.16.2 (",
        "TLS 1.3 with ",
        "valid until 2036-01-01 00:00 UTC",
        "request ipv4 GET https://dns.eu.ovhapis.com:",
        "as example.com-home, password ***",
        "dns the zone example.com is served by ns1.dns.eu.ovhapis.com, ns2.dns.eu.ovhapis.com",
        "dns home.example.com ipv4 has 81.2.69.10, says ns1.dns.eu.ovhapis.com",
        "state ipv4 81.2.69.10 was stored: current",
    ] {
        assert!(findings.approves(text), "{text}: {findings:#?}");
    }
    // In the order of the guide.
    let topics: Vec<_> =
        findings.lines.iter().map(|line| line["topic"].as_str().unwrap()).collect();
    let mut once = topics.clone();
    once.dedup();
    let expected = [
        "configuration",
        "clock",
        "interface",
        "nat",
        "route",
        "resolver",
        "provider",
        "request",
        "dns",
        "state",
    ];
    assert_eq!(once, expected, "{topics:?}");
}

#[test]
fn a_person_reads_a_line_each_and_a_host_that_is_not_there_is_named() {
    let home = Home::new();
    let output = home.agent.run(&["doctor", "home"]);
    let first = output.stdout.lines().next().unwrap();
    assert!(first.starts_with("ok     configuration  "), "{output:?}");
    assert!(
        output.stdout.contains("note   state          home: ipv4 nothing was sent yet"),
        "{output:?}"
    );
    assert!(
        output
            .stdout
            .contains("\n                      -> start the service, or run dynhost update\n"),
        "{output:?}"
    );
    assert!(!output.said().contains('\u{1b}') && !output.said().contains("secret"), "{output:?}");
    for arguments in [&["doctor", "hme"][..], &["doctor", "home", "hme", "--json"]] {
        let output = home.agent.run(arguments);
        assert_eq!((output.code(), &*output.stdout), (64, ""), "half a document is none");
        assert!(output.stderr.contains("no host 'hme' is configured, only: home"), "{output:?}");
    }
    assert!(home.lab.requests().is_empty());
    let record = home.lab.record(HOME, dynhost::address::Family::Ipv4);
    assert_eq!(record, Some([81, 2, 69, 1].into()));
}
