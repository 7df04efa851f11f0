//! Which events reach the agent, and what they cost netifd.

use super::router::{Router, stdout};

const WAN_HOST: &str = "config host 'home'\n\toption interface 'wan'\n";

/// hotplug-call sources each file of the folder in a subshell.
fn event(kind: &str, environment: &str) -> String {
    format!("export {environment}; ( . /etc/hotplug.d/{kind}/95-dynhost )")
}

/// Does this event, with this configuration, make it to the init script?
fn pokes(router: &Router, kind: &str, environment: &str) -> bool {
    let run = router.sh(&event(kind, environment));
    assert_eq!(stdout(&run), "");
    match router.asked().as_slice() {
        [] => false,
        [poke] if poke == "poke" => true,
        other => panic!("{environment}: {other:?}"),
    }
}

/// A router whose init script only says that it was called.
fn listening(name: &str) -> Router {
    let router = Router::with_scripts(name);
    router.program("etc/init.d/dynhost", "#!/bin/sh\necho \"$1\" >> /tmp/log\n");
    router.write("etc/config/dynhost", WAN_HOST);
    router
}

#[test]
fn only_events_that_may_change_an_address_poke() {
    let router = listening("hotplug-actions");
    let rows = [
        ("iface", "ACTION=ifup INTERFACE=wan DEVICE=eth1", true),
        ("iface", "ACTION=ifupdate INTERFACE=wan IFUPDATE_ADDRESSES=1", true),
        ("iface", "ACTION=ifupdate INTERFACE=wan IFUPDATE_PREFIXES=1 IFUPDATE_DATA=1", true),
        ("iface", "ACTION=ifupdate INTERFACE=wan IFUPDATE_ROUTES=1", true),
        ("iface", "ACTION=ifupdate INTERFACE=wan", true),
        ("iface", "ACTION=ifupdate INTERFACE=wan IFUPDATE_DATA=1", false),
        ("iface", "ACTION=ifdown INTERFACE=wan", false),
        ("iface", "ACTION=ifup-failed INTERFACE=wan", false),
        ("iface", "ACTION=iflink INTERFACE=wan", false),
        ("iface", "INTERFACE=wan", false),
        ("ntp", "ACTION=step", true),
        ("ntp", "ACTION=stratum", true),
        ("ntp", "ACTION=periodic", false),
        ("ntp", "ACTION=unsync", false),
    ];
    for (kind, environment, expected) in rows {
        assert_eq!(pokes(&router, kind, environment), expected, "{kind} {environment}");
    }
}

#[test]
fn only_interfaces_that_a_host_looks_at_poke() {
    let router = listening("hotplug-interfaces");
    let lan = "config host 'a'\n\toption interface 'lan'\n";
    let rows = [
        (WAN_HOST, "wan", true),
        (WAN_HOST, "wan6", true),
        (WAN_HOST, "wan_6", true),
        (WAN_HOST, "wan_4", true),
        (WAN_HOST, "wan2", false),
        (WAN_HOST, "wanb", false),
        (WAN_HOST, "lan", false),
        ("config host 'a'\n\toption interface 'wan6'\n", "wan6_4", true),
        ("config host 'a'\n\toption interface 'wan6'\n", "wan", false),
        ("config host\n\toption interface \"wan\"\n", "wan", true),
        ("c host a\no interface wan", "wan", true),
        ("c host a\no interface wan", "lan", false),
        // No interface named: the default route, which any may carry, but never loopback.
        ("config host 'a'\n\toption device 'eth1'\n", "lan", true),
        ("config host 'a'\n", "wwan", true),
        ("config host 'a'\n", "loopback", false),
        // Disabled hosts and other sections do not count.
        ("config host 'a'\n\toption enabled '0'\n\toption interface 'wan'\n", "wan", false),
        ("config host 'a'\n\toption interface 'wan'\n\toption enabled 'off'\n", "wan", false),
        ("config host 'a'\n\toption interface 'wan'\n\toption enabled '1'\n", "wan", true),
        ("config agent 'agent'\n\toption resident '0'\n", "wan", false),
        ("config provider 'lab'\n\toption url 'https://[::1]/'\n", "wan", false),
        ("", "wan", false),
        ("#config host 'a'\n#\toption interface 'wan'\n", "wan", false),
        // One host of several is enough, wherever it stands.
        (&format!("{lan}{WAN_HOST}"), "wan", true),
        (&format!("{WAN_HOST}{lan}"), "wan", true),
        (&format!("{WAN_HOST}{lan}"), "guest", false),
        // Not plainly written: better once too often.
        ("config host 'a'\n\toption interface 'lan' # for now\n", "wan", true),
        ("config host 'a'\n\toption interface \\\n'lan'\n", "wan", true),
        ("config host 'a'\n\toption interface la'n'\n", "wan", true),
        ("config host 'a'\n\toption interface ''\n", "wan", true),
    ];
    for (configuration, interface, expected) in rows {
        router.write("etc/config/dynhost", configuration);
        let environment = format!("ACTION=ifup INTERFACE={interface}");
        let poked = pokes(&router, "iface", &environment);
        assert_eq!(poked, expected, "{interface} with {configuration}");
    }
}

#[test]
fn a_disabled_service_or_a_missing_configuration_pokes_nothing() {
    let router = listening("hotplug-disabled");
    std::fs::remove_file(router.path("etc/config/dynhost")).unwrap();
    assert!(!pokes(&router, "iface", "ACTION=ifup INTERFACE=wan"));

    std::fs::create_dir_all(router.path("var/run/uci")).unwrap();
    router.write("var/run/uci/dynhost", WAN_HOST);
    assert!(pokes(&router, "iface", "ACTION=ifup INTERFACE=wan"), "the file in RAM wins");

    std::fs::remove_file(router.path("etc/rc.d/S95dynhost")).unwrap();
    assert!(!pokes(&router, "iface", "ACTION=ifup INTERFACE=wan"));
    assert!(!pokes(&router, "ntp", "ACTION=step"));
}

#[test]
fn a_poke_signals_a_running_agent_only_and_always_starts() {
    let router = Router::with_scripts("hotplug-poke");
    router.write("etc/config/dynhost", "config host 'home'\n\toption enabled '1'\n");
    let rows: [(&str, &[&str]); 2] =
        [("rm -f", &["start"]), ("touch", &["send_signal dynhost * USR1", "start"])];
    for (running, expected) in rows {
        router.sh(&format!("{running} /tmp/running; > /tmp/log"));
        let run = router.sh(&event("iface", "ACTION=ifup INTERFACE=wan"));
        assert_eq!(stdout(&run), "");
        let asked = router.asked();
        let calls = asked.iter().filter(|line| {
            let word = line.split(' ').next().unwrap();
            ["start", "send_signal"].contains(&word)
        });
        assert_eq!(calls.collect::<Vec<_>>(), expected, "{running}");
    }
}

/// The last number given to a process, read before and after: what the event cost.
#[test]
fn an_event_costs_netifd_at_most_one_fork_of_its_own() {
    let router = listening("hotplug-forks");
    let rows = [
        ("iface", "ACTION=ifup INTERFACE=wan", 1),
        ("iface", "ACTION=ifup INTERFACE=lan", 1),
        ("iface", "ACTION=ifupdate INTERFACE=wan IFUPDATE_DATA=1", 0),
        ("iface", "ACTION=ifdown INTERFACE=wan", 0),
        ("ntp", "ACTION=step", 1),
        ("ntp", "ACTION=periodic", 0),
    ];
    for (kind, environment, expected) in rows {
        let line = format!(
            "count() {{ read -r _ _ _ _ last < /proc/loadavg; }}; count; before=$last; {}; count; \
             echo $((last - before))",
            event(kind, environment)
        );
        let forks: i32 = stdout(&router.sh_alone(&line)).trim().parse().unwrap();
        // One of them is hotplug-call's own subshell.
        assert_eq!(forks - 1, expected, "{kind} {environment}");
    }
}

#[test]
fn netifd_does_not_wait_for_the_poke() {
    let router = listening("hotplug-waits");
    router
        .program("etc/init.d/dynhost", "#!/bin/sh\nread -r _ < /tmp/go\necho poked >> /tmp/log\n");
    let event = event("iface", "ACTION=ifup INTERFACE=wan");
    let line = format!("mkfifo /tmp/go; {event}; echo returned >> /tmp/log; echo > /tmp/go");
    let run = router.sh(&format!("timeout 10 sh -c '{line}'"));
    assert_eq!(stdout(&run), "");
    assert_eq!(router.asked(), ["returned", "poked"]);
}
