//! cron, ifupdown and dhcpcd, each as it calls the example.

use std::process::Command;

use super::monitoring::with_agent;
use super::{example, put_script, run};
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

/// A machine with the agent, and a `su` that becomes nobody.
struct Machine {
    stage: Stage,
    path: String,
}

impl Machine {
    fn new() -> Self {
        let stage = Stage::new();
        let (directory, path) = with_agent(&stage);
        let su = "#!/bin/sh\n[ \"$1 $2 $3 $5\" = '-s /bin/sh -c dynhost' ] && exec sh -c \"$4\"\n";
        put_script(&directory.join("su"), su);
        Self { stage, path }
    }

    /// Has a shell run this as its caller would, and waits for what goes on in the background.
    fn run(&self, script: &str, environment: &[(&str, &str)]) {
        let mut shell = Command::new("sh");
        shell.env("PATH", &self.path).envs(environment.iter().copied());
        run(shell.args(["-c", &format!("{script}\nwait")]));
    }

    fn requests(&self) -> usize {
        self.stage.lab.requests().len()
    }
}

#[test]
fn cron() {
    let machine = Machine::new();
    let table = std::fs::read_to_string(example("without-systemd/cron")).unwrap();
    let line = table.lines().find(|line| line.starts_with("*/5 ")).unwrap();
    let (user, command) =
        line.strip_prefix("*/5 * * * * ").and_then(|rest| rest.split_once(' ')).unwrap();
    assert_eq!(user, "dynhost");
    for _ in 0..2 {
        machine.run(command, &[]);
        assert_eq!(machine.requests(), 1, "an unchanged address is not sent again");
    }
    netns::move_wan(WAN, "81.2.69.20");
    machine.run(command, &[]);
    assert_eq!(machine.requests(), 2);
}

#[test]
fn ifupdown() {
    let machine = Machine::new();
    // Sourced, so that the shell can wait for what the script leaves in the background.
    let script = format!(". {}", example("without-systemd/ifupdown").display());
    for (interface, mode) in [("lo", "start"), ("--all", "start"), ("wan0", "stop")] {
        machine.run(&script, &[("IFACE", interface), ("MODE", mode)]);
        assert_eq!(machine.requests(), 0, "{interface} {mode}");
    }
    machine.run(&script, &[("IFACE", "wan0"), ("MODE", "start"), ("ADDRFAM", "inet")]);
    assert_eq!(machine.requests(), 1);
}

#[test]
fn dhcpcd() {
    let machine = Machine::new();
    let script = format!(". {}", example("without-systemd/dhcpcd").display());
    let rows = [
        ("CARRIER", "", "", false),
        ("RENEW", WAN, WAN, false),
        ("BOUND", "", WAN, true),
        ("REBIND", "81.2.69.10", "81.2.69.20", true),
        ("ROUTERADVERT", "", "", true),
    ];
    for (index, (reason, old, new, expected)) in rows.into_iter().enumerate() {
        let before = machine.requests();
        if expected && index > 2 {
            let addresses = ["81.2.69.10", "81.2.69.20", "81.2.69.30"];
            netns::move_wan(addresses[index - 3], addresses[index - 2]);
        }
        let environment = [("reason", reason), ("old_ip_address", old), ("new_ip_address", new)];
        machine.run(&script, &environment);
        assert_eq!(machine.requests() - before, usize::from(expected), "{reason}");
    }
}
