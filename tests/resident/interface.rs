//! Logical interfaces, as netifd names them: the real client, a ubusd that says what the real one
//! said.

use super::lab_with;
use crate::support::agent::Agent;
use crate::support::background::{LIMIT, wait_for, wait_for_published, wait_for_state};
use crate::support::lab::Lab;
use crate::support::lab::journal::Logged;
use crate::support::netns;
use crate::support::stage::{HOME, host, one_host};
use crate::support::ubusd::Ubusd;

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
    Lab::start(lab_with(&["office"]))
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
