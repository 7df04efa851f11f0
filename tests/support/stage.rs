//! The usual scene of a test: a line with an address, a provider, an agent with one host.

use super::agent::{Agent, Output};
use super::lab::Lab;
use super::lab::options::LabOptions;
use super::netns;

/// The name that the host `home` keeps current.
pub const HOME: &str = "home.example.com";
/// The address of the line.
pub const WAN: &str = "81.2.69.10";
/// The address the lab's record has before anything is sent.
pub const BEFORE: &str = "81.2.69.1";

/// A lab and an agent in a network namespace of their own.
pub struct Stage {
    /// The provider.
    pub lab: Lab,
    /// Its client.
    pub agent: Agent,
}

impl Stage {
    /// A line with [`WAN`] and a host `home` that nothing is wrong with.
    pub fn new() -> Self {
        Self::with(LabOptions::default())
    }

    /// The same with another lab.
    pub fn with(options: LabOptions) -> Self {
        netns::enter();
        netns::add_wan(&format!("{WAN}/24"));
        let lab = Lab::start(options);
        let agent = Agent::new(&one_host(&lab, &[]));
        Self { lab, agent }
    }

    /// An agent with an empty state directory, for the same lab and line.
    pub fn fresh_agent(&self) -> Agent {
        Agent::new(&one_host(&self.lab, &[]))
    }

    /// Configures the one host `home` with these options beside (or instead of) the usual ones.
    pub fn configure(&self, options: &[(&str, &str)]) {
        self.agent.configure(&one_host(&self.lab, options));
    }

    /// Configures these host sections and the lab's.
    pub fn configure_hosts(&self, hosts: &[String]) {
        self.agent.configure(&(self.lab.provider_section("lab") + &hosts.concat()));
    }

    /// One pass over everything.
    pub fn update(&self) -> Output {
        self.agent.run(&["update"])
    }

    /// What a script sees of a pass, and the code that the state file then has for `home`.
    pub fn outcome(&self) -> (i32, String, String) {
        let output = self.update();
        let line = output.lines().remove(0);
        let record = self.agent.record("home");
        let code = record["last"]["code"].as_str().unwrap_or("-");
        (output.code(), line.result, code.to_owned())
    }
}

/// The lab's provider section and the host `home`.
pub fn one_host(lab: &Lab, options: &[(&str, &str)]) -> String {
    lab.provider_section("lab") + &host("home", options)
}

/// A host section: `NAME.example.com`, login `example.com-NAME`, password `secret`, provider `lab`,
/// unless `options` say otherwise; an option given twice becomes a list.
pub fn host(name: &str, options: &[(&str, &str)]) -> String {
    let hostname = format!("{name}.example.com");
    let username = format!("example.com-{name}");
    let usual = [
        ("hostname", hostname.as_str()),
        ("username", &username),
        ("password", "secret"),
        ("provider", "lab"),
    ];
    let given = |name: &str| options.iter().filter(|(other, _)| *other == name).count();
    let mut section = format!("config host '{name}'\n");
    let usual = usual.iter().filter(|(name, _)| given(name) == 0);
    for (name, value) in usual.chain(options) {
        let keyword = if given(name) > 1 { "list" } else { "option" };
        section.extend(["\t", keyword, " ", name, " ", &quoted(value), "\n"]);
    }
    section + "\n"
}

/// A UCI word in single quotes, which take everything but a single quote as it is.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}
