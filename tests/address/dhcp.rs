//! A line that gets its IPv4 address by DHCP: dnsmasq leases it, and busybox's client, which OpenWrt
//! has as well, puts it on the device.

use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use dynhost::address::Family;

use crate::support::agent::Agent;
use crate::support::background::wait_for;
use crate::support::lab::Lab;
use crate::support::lab::journal::Logged;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, one_host};
use crate::support::temp::TempDir;

/// As a client does that knows leases: the address goes when the lease does.
const SCRIPT: &str = "#!/bin/sh\n\
    case \"$1\" in\n\
    deconfig) ip -4 addr flush dev wan0 ;;\n\
    bound | renew)\n\
    ip -4 addr flush dev wan0\n\
    ip addr add \"$ip/24\" dev wan0 valid_lft \"$lease\" preferred_lft \"$lease\"\n\
    ip route replace default via \"$router\" dev wan0\n\
    ;;\n\
    esac\n";

/// A program that this test started; dropping it ends it.
struct Started(Child);

impl Started {
    fn new(program: &str, package: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn();
        Self(child.unwrap_or_else(|error| panic!("this needs {program}, of {package}: {error}")))
    }

    /// Has the client ask for its lease once more.
    fn renew(&self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-USR1", &id]).status().unwrap().success());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The provider's end, in a network of its own; each message is the one address that it leases from
/// then on.
fn provider(say: &Sender<String>, leases: &Receiver<Ipv4Addr>) {
    netns::enter();
    say.send(netns::id()).unwrap();
    let directory = TempDir::new();
    let mut dnsmasq = None;
    while let Ok(address) = leases.recv() {
        drop(dnsmasq.take());
        netns::ip(&["link", "set", "isp0", "up"]);
        netns::ip(&["addr", "replace", "81.2.69.1/24", "dev", "isp0"]);
        let leases = format!("--dhcp-leasefile={}", directory.path().join("leases").display());
        let _ = std::fs::remove_file(directory.path().join("leases"));
        let arguments = [
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--port=0",
            "--user=root",
            "--pid-file=",
            "--interface=isp0",
            "--dhcp-authoritative",
            "--no-ping",
            &leases,
            &format!("--dhcp-range={address},{address},255.255.255.0,2h"),
        ];
        dnsmasq = Some(Started::new("/usr/sbin/dnsmasq", "dnsmasq-base", &arguments));
    }
}

#[test]
fn each_lease_is_published_and_nothing_between_them() {
    netns::enter();
    let ((say, hear), (lease, leases)) = (channel(), channel());
    std::thread::spawn(move || provider(&say, &leases));
    let isp = hear.recv().unwrap();
    netns::ip(&["link", "add", "wan0", "type", "veth", "peer", "name", "isp0", "netns", &isp]);
    netns::ip(&["link", "set", "wan0", "addrgenmode", "none", "up"]);
    let lab = Lab::start(LabOptions::default());
    let agent = Agent::new(&one_host(&lab, &[]));
    let script = agent.config_file().with_file_name("script");
    std::fs::write(&script, SCRIPT).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let addresses = [10, 77, 10, 200].map(|last| Ipv4Addr::new(81, 2, 69, last));
    lease.send(addresses[0]).unwrap();
    let runner = agent.spawn(&["run"]);
    let script = script.to_str().unwrap();
    let arguments = ["udhcpc", "-f", "-i", "wan0", "-t", "20", "-T", "1", "-A", "1", "-s", script];
    let client = Started::new("busybox", "busybox-static", &arguments);
    let is_published = |address: Ipv4Addr| {
        wait_for("the lease to be published", || {
            let record = lab.record(HOME, Family::Ipv4);
            let is_known = agent.state_file().exists()
                && agent.record("home")["published"]["address"] == address.to_string();
            (record == Some(address.into()) && is_known).then_some(())
        });
    };
    is_published(addresses[0]);
    for address in &addresses[1..] {
        // The old lease is refused (DHCPNAK), as after a move to another pool.
        lease.send(*address).unwrap();
        wait_for("the next lease", || {
            // Until the new server listens.
            client.renew();
            std::thread::sleep(std::time::Duration::from_millis(300));
            let shown = netns::ip(&["-4", "-o", "addr", "show", "dev", "wan0"]);
            shown.contains(&format!("{address}/24")).then_some(())
        });
        is_published(*address);
    }
    runner.kill();
    let sent: Vec<_> = lab.requests().iter().filter_map(Logged::myip).collect();
    assert_eq!(sent, addresses.map(|address| address.to_string()));
}
