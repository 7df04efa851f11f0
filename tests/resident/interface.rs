//! Logical interfaces, as netifd names them: the real client, a ubusd that says what the real one
//! said.

use super::lab_with;
use crate::support::agent::{Agent, Running};
use crate::support::background::{LIMIT, wait_for, wait_for_published, wait_for_state};
use crate::support::lab::Lab;
use crate::support::lab::journal::Logged;
use crate::support::netifd::Interface;
use crate::support::netns;
use crate::support::stage::{HOME, host, one_host};
use crate::support::ubusd::{Imagined, Ubusd};

/// A line whose device is `eth0`, as the recorded netifd has it, and a lab.
fn line() -> Lab {
    netns::enter();
    netns::ip_batch(
        "link add eth0 type veth peer name isp0\n\
         link set isp0 addrgenmode none up\n\
         link set eth0 addrgenmode none up\n\
         addr add 81.2.69.10/24 dev eth0\n\
         route add default dev eth0\n",
    );
    let mut options = lab_with(&["office"]);
    options.records.push((HOME.into(), [0x2a01, 0xcb00, 0, 0, 0, 0, 0, 1].into()));
    Lab::start(options)
}

#[test]
fn an_interface_that_netifd_calls_up_after_the_kernel_told_is_seen_within_seconds() {
    let lab = line();
    let ubusd = Ubusd::start(false);
    let agent = Agent::new(&one_host(&lab, &[("interface", "wan")]));
    let _runner = agent.spawn(&["run"]);
    let record = wait_for_state(&agent, "home", "no-address");
    assert!(record["reason"].as_str().unwrap().contains("wan is down"), "{record}");
    assert_eq!(lab.connections(), 0);
    // Without a word from the kernel.
    ubusd.set_up(true);
    assert!(lab.wait_for_requests(1, LIMIT));
    let record = wait_for_published(&agent, "home", "81.2.69.10");
    assert_eq!(
        (record["device"].as_str(), record["source"].as_str()),
        (Some("eth0"), Some("interface"))
    );
    // With one.
    ubusd.set_address("81.2.69.20");
    netns::ip_batch("addr add 81.2.69.20/24 dev eth0\naddr del 81.2.69.10/24 dev eth0\n");
    netns::ip_batch("addr replace 81.2.69.20/24 dev eth0\nroute replace default dev eth0\n");
    wait_for_published(&agent, "home", "81.2.69.20");
    assert_eq!(lab.requests().len(), 2);
}

#[test]
fn an_interface_that_stays_down_is_not_asked_for_for_ever() {
    let lab = line();
    let ubusd = Ubusd::start(false);
    let agent = Agent::new(&one_host(&lab, &[("interface", "wan")]));
    let _runner = agent.spawn(&["run"]);
    wait_for_state(&agent, "home", "no-address");
    // The next looks follow after 2 and then 5 s.
    std::thread::sleep(std::time::Duration::from_millis(4500));
    let asked_for = ubusd.asked_for();
    let looks = asked_for.iter().filter(|name| *name == "wan").count();
    assert_eq!(looks, 2, "{asked_for:?}");
}

#[test]
fn the_event_of_an_ipv6_sibling_is_one_of_its_interface() {
    let lab = line();
    let _ubusd = Ubusd::start(true);
    let hosts = [host("home", &[("interface", "wan")]), host("office", &[("interface", "lan")])];
    let agent = Agent::new(&(lab.provider_section("lab") + &hosts.concat()));
    let output = agent.run(&["update", "--interface", "wan_6"]);
    assert_eq!(output.verdict(), (0, "updated"), "{output:?}");
    assert_eq!(output.lines()[0].host, "home");
    // The same through one that stays.
    let _runner = agent.spawn(&["run"]);
    wait_for("a runner", || {
        let output = agent.run(&["update", "--interface", "wan6"]);
        (output.verdict() == (0, "unchanged")).then_some(())
    });
    assert_eq!(agent.run(&["update", "--interface", "guest"]).stdout, "");
    assert_eq!(lab.requests().len(), 1);
}

#[test]
fn without_ubus_the_record_says_so_and_ubus_is_found_when_it_comes() {
    let lab = line();
    let agent = Agent::new(&one_host(&lab, &[("interface", "wan")]));
    Ubusd::hide();
    let _runner = agent.spawn(&["run"]);
    let record = wait_for_state(&agent, "home", "no-address");
    let reason = record["reason"].as_str().unwrap();
    assert!(reason.contains("ubus"), "{reason}");
    assert_eq!(lab.connections(), 0);
    let _ubusd = Ubusd::listen(true);
    wait_for_published(&agent, "home", "81.2.69.10");
}

/// What a reconnect is like when hotplug calls: netifd has everything, and the new address of the
/// LAN bridge is tentative for another second.
#[test]
fn the_address_of_a_prefix_is_waited_for_while_it_is_tentative() {
    for life in [&["update"][..], &["run", "--until-settled"]] {
        netns::enter();
        netns::ip_batch(
            "link add pppoe-wan type veth peer name isp0\n\
             link add br-lan type bridge\n\
             link add port0 type veth peer name pc0\n\
             link set port0 master br-lan up\n\
             link set pc0 addrgenmode none up\n\
             link set isp0 addrgenmode none up\n\
             link set pppoe-wan addrgenmode none up\n\
             link set br-lan addrgenmode none up\n\
             addr add 81.2.69.10/24 dev pppoe-wan\n\
             route add default dev pppoe-wan\n",
        );
        Ubusd::play("prefix-only");
        let mut options = lab_with(&[]);
        options.records.push((HOME.into(), [0x2a01, 0xcb00, 0, 0, 0, 0, 0, 1].into()));
        let lab = Lab::start(options);
        let agent = Agent::new(&one_host(&lab, &[("interface", "wan"), ("family", "ipv6")]));
        std::fs::write("/proc/sys/net/ipv6/neigh/br-lan/retrans_time_ms", "700").unwrap();
        netns::ip(&["addr", "add", "2a01:cb00:1:200::1/60", "dev", "br-lan"]);
        let shown = netns::ip(&["-6", "addr", "show", "dev", "br-lan"]);
        assert!(shown.contains("tentative"), "{shown}");
        let output = agent.spawn(life).wait(LIMIT);
        assert_eq!(output.code(), 0, "{life:?}: {output:?}");
        let sent: Vec<_> = lab.requests().iter().filter_map(Logged::myip).collect();
        assert_eq!(sent, ["2a01:cb00:1:200::1"], "{life:?}: {output:?}");
    }
}

/// What ujail makes of `ubus` in a jail, and of the folder mounted there.
const OLD_JAIL: &str = "exec unshare -m sh -c 'mkdir /var/run/jail && \
    mount --bind /var/run/ubus /var/run/jail && mount -t tmpfs none /var/run/ubus && \
    : > /var/run/ubus/ubus.sock && \
    mount --bind /var/run/jail/ubus.sock /var/run/ubus/ubus.sock && \
    umount /var/run/jail && exec \"$@\"' sh \"$@\"";
const JAIL: &str = "exec unshare -m sh -c 'mount --bind /var/run/ubus /var/run/ubus && \
    mount -o remount,bind,ro /var/run/ubus && exec \"$@\"' sh \"$@\"";

#[test]
fn in_a_jail_ubus_is_found_again_after_ubusd_was_restarted() {
    for (jail, is_seen) in [(OLD_JAIL, false), (JAIL, true)] {
        let lab = line();
        let mut ubusd = Imagined::start(vec![Interface::up("wan", "eth0", &["81.2.69.10"])]);
        let agent = Agent::new(&one_host(&lab, &[("interface", "wan")]));
        let runner = Running::start(agent.process_in_shell(jail, &["run"]));
        wait_for_published(&agent, "home", "81.2.69.10");
        ubusd.become_of(vec![Interface::up("wan", "eth0", &["81.2.69.20"])]);
        ubusd.restart();
        netns::ip_batch("addr add 81.2.69.20/24 dev eth0\naddr del 81.2.69.10/24 dev eth0\n");
        netns::ip_batch("addr replace 81.2.69.20/24 dev eth0\nroute replace default dev eth0\n");
        if is_seen {
            wait_for_published(&agent, "home", "81.2.69.20");
        } else {
            let record = wait_for_state(&agent, "home", "no-address");
            let reason = record["reason"].as_str().unwrap();
            assert!(reason.contains("nothing listens at /var/run/ubus/ubus.sock"), "{reason}");
        }
        drop(runner);
    }
}

#[test]
fn of_several_interfaces_the_first_that_is_up_and_has_an_address_is_taken() {
    let lab = line();
    netns::ip_batch(
        "link add eth1 type veth peer name isp2\n\
         link set isp2 addrgenmode none up\n\
         link set eth1 addrgenmode none up\n\
         addr add 81.2.71.10/24 dev eth1\n",
    );
    let wanb = || Interface::up("wanb", "eth1", &["81.2.71.10"]);
    let ubusd = Imagined::start(vec![Interface::down("wan"), wanb()]);
    let both = [("interface", "wan"), ("interface", "wanb")];
    let agent = Agent::new(&one_host(&lab, &both));
    let runner = agent.spawn(&["run"]);
    let record = wait_for_published(&agent, "home", "81.2.71.10");
    assert_eq!(record["device"], "eth1");
    let output = agent.run(&["update", "--interface", "wanb_6"]);
    assert_eq!(output.verdict(), (0, vec!["unchanged".into()]), "{output:?}");
    // netifd calls the first one up; hotplug tells.
    for (own, expected) in [(&[][..], "81.2.71.10"), (&["81.2.69.10"], "81.2.69.10")] {
        ubusd.become_of(vec![Interface::up("wan", "eth0", own), wanb()]);
        runner.signal(rustix::process::Signal::USR1);
        wait_for_published(&agent, "home", expected);
    }
    assert_eq!(lab.requests().len(), 2);
}

/// `wan6_4` is what odhcp6c makes where IPv4 comes inside IPv6.
#[test]
fn an_address_shared_with_others_is_published_with_the_ports_that_lead_here() {
    const PORTS: &[&str] = &["1232-1239", "1232-1239", "2256-2263"];
    let sentence = "home: 81.2.69.10 is shared with other customers, these of its ports lead here: \
                    1232-1239, 2256-2263";
    // MAP-E puts the address on its device, MAP-T on none.
    for own in [&["81.2.69.10"][..], &[]] {
        let lab = line();
        if own.is_empty() {
            netns::ip_batch("addr replace 10.0.0.1/24 dev eth0\naddr del 81.2.69.10/24 dev eth0\n");
        }
        let map = Interface {
            translated: Some(("81.2.69.10", PORTS)),
            ..Interface::up("wan6_4", "eth0", own)
        };
        let _ubusd = Imagined::start(vec![Interface::down("wan"), map]);
        let agent = Agent::new(&one_host(&lab, &[("interface", "wan")]));
        let output = agent.run(&["update"]);
        assert_eq!(output.verdict(), (0, vec!["updated".into()]), "{output:?}");
        assert_eq!(lab.requests()[0].myip().as_deref(), Some("81.2.69.10"));
        assert!(output.stderr.contains(sentence), "{output:?}");
        for command in ["status", "check"] {
            let shown = agent.run(&[command]).stdout;
            assert!(shown.contains(sentence), "{command}: {shown}");
        }
    }
}

/// netifd's view of a line that has only a prefix, part of which went to the LAN.
fn prefix_only(prefix: &'static str, address: &'static str) -> Vec<Interface<'static>> {
    let wan6 = Interface { delegated: Some((prefix, "lan")), ..Interface::up("wan6", "eth0", &[]) };
    let lan = Interface { assigned: Some(address), ..Interface::up("lan", "br-lan", &[]) };
    vec![Interface::up("wan", "eth0", &["81.2.69.10"]), wan6, lan]
}

/// A reconnect brings another prefix: netifd runs the handlers while the new address of the LAN
/// bridge is tentative, and the old one is deprecated and there for two hours.
#[test]
fn after_a_renumbering_the_address_out_of_the_new_prefix_is_published() {
    for life in [&["update"][..], &["run", "--until-settled"]] {
        let lab = line();
        netns::ip_batch(
            "link add br-lan type bridge\n\
             link add port0 type veth peer name pc0\n\
             link set port0 master br-lan up\n\
             link set pc0 addrgenmode none up\n\
             link set br-lan addrgenmode none up\n\
             addr add 2a01:cb00:1:200::1/60 dev br-lan nodad\n",
        );
        let ubusd = Imagined::start(prefix_only("2a01:cb00:1:200::", "2a01:cb00:1:200::1"));
        let agent = Agent::new(&one_host(&lab, &[("interface", "wan"), ("family", "ipv6")]));
        std::fs::write("/proc/sys/net/ipv6/neigh/br-lan/retrans_time_ms", "700").unwrap();
        let run = |address: &str| {
            let output = agent.spawn(life).wait(LIMIT);
            let sent = lab.requests().last().and_then(Logged::myip);
            assert_eq!(sent.as_deref(), Some(address), "{life:?}: {output:?}");
        };
        run("2a01:cb00:1:200::1");
        ubusd.become_of(prefix_only("2a01:cb00:2:200::", "2a01:cb00:2:200::1"));
        netns::ip_batch(
            "addr change 2a01:cb00:1:200::1/60 dev br-lan preferred_lft 0\n\
             addr add 2a01:cb00:2:200::1/60 dev br-lan\n",
        );
        run("2a01:cb00:2:200::1");
        assert_eq!(lab.requests().len(), 2, "{life:?}");
    }
}

#[test]
fn an_alias_has_its_own_address_and_not_that_of_the_interface_it_shares_its_device_with() {
    let lab = line();
    netns::ip(&["addr", "add", "81.2.69.20/24", "dev", "eth0"]);
    let alias = |own: &[&str]| {
        vec![Interface::up("wan", "eth0", &["81.2.69.10"]), Interface::up("second", "eth0", own)]
    };
    let ubusd = Imagined::start(alias(&[]));
    let agent = Agent::new(&one_host(&lab, &[("interface", "second")]));
    let output = agent.run(&["update"]);
    assert_eq!(output.verdict(), (69, vec!["no-address".into()]), "{output:?}");
    assert!(output.stdout.contains("belong to another interface"), "{output:?}");
    ubusd.become_of(alias(&["81.2.69.20"]));
    assert_eq!(agent.run(&["update"]).verdict(), (0, vec!["updated".into()]));
    assert_eq!(lab.requests()[0].myip().as_deref(), Some("81.2.69.20"));
}
