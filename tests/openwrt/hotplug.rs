//! Which events reach the agent, and what they cost netifd.

use super::router::{Router, stdout};

const WAN_HOST: &str = "config host 'home'\n\toption interface 'wan'\n";

/// hotplug-call sources each file of the folder in a subshell.
fn event(kind: &str, environment: &str) -> String {
    format!("export {environment}; ( . /etc/hotplug.d/{kind}/95-dynhost )")
}

/// Does this event, with this configuration, make it to the agent?
fn pokes(router: &Router, kind: &str, environment: &str) -> bool {
    let run = router.sh(&event(kind, environment));
    assert_eq!(stdout(&run), "");
    match router.asked().as_slice() {
        [] => false,
        [poke] if poke == "poke" => true,
        other => panic!("{environment}: {other:?}"),
    }
}

const POKE: &str = "usr/libexec/dynhost-poke";

/// A router that only says that the agent would have been woken.
fn listening(name: &str) -> Router {
    let router = Router::with_scripts(name);
    router.program(POKE, "#!/bin/sh\necho poke >> /tmp/log\n");
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
        ("iface", "ACTION=connected INTERFACE=wan", true),
        ("iface", "ACTION=disconnected INTERFACE=wan", true),
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
        (WAN_HOST, "wan6_4", true),
        (WAN_HOST, "wan_6_4", true),
        (WAN_HOST, "wan2", false),
        (WAN_HOST, "wanb", false),
        (WAN_HOST, "lan", false),
        ("config host 'a'\n\toption interface 'wan6'\n", "wan6_4", true),
        ("config host 'a'\n\toption interface 'wan6'\n", "wan", false),
        ("config host\n\toption interface \"wan\"\n", "wan", true),
        ("c host a\no interface wan", "wan", true),
        ("c host a\no interface wan", "lan", false),
        // Each of several counts, wherever it stands.
        ("config host 'a'\n\tlist interface 'wan'\n\tlist interface 'wanb'\n", "wan", true),
        ("config host 'a'\n\tlist interface 'wan'\n\tlist interface 'wanb'\n", "wanb", true),
        ("c host a\nl interface wan\nl interface wanb", "wanb6", true),
        ("config host 'a'\n\tlist interface 'wan'\n\tlist interface 'wanb'\n", "lan", false),
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
fn a_line_that_goes_down_is_news_to_those_who_have_another() {
    let router = listening("hotplug-down");
    let rows = [
        (WAN_HOST, "wan", false),
        (&format!("{WAN_HOST}\tlist interface 'wanb'\n"), "wan", true),
        (&format!("{WAN_HOST}\tlist interface 'wanb'\n"), "wanb", true),
        (&format!("{WAN_HOST}\tlist interface 'wanb'\n"), "lan", false),
        (&format!("{WAN_HOST}config host 'b'\n\tlist interface 'wanb'\n"), "wan", false),
        // The default route goes over to another line, which is up and has no event.
        ("config host 'a'\n", "wan", true),
        ("config host 'a'\n\toption enabled '0'\n", "wan", false),
    ];
    for (configuration, interface, expected) in rows {
        router.write("etc/config/dynhost", configuration);
        let poked = pokes(&router, "iface", &format!("ACTION=ifdown INTERFACE={interface}"));
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

const LIST: &str = r#"ubus call service list {"name":"dynhost"}"#;
const SIGNAL: &str = r#"ubus call service signal {"name":"dynhost","signal":10}"#;
const SPAWN: &str = r#"ubus call service state {"name":"dynhost","spawn":true}"#;

/// By any way that an event may take.
fn poked(router: &Router, way: &str) -> Vec<String> {
    router.asked();
    assert_eq!(stdout(&router.sh(way)), "");
    router.asked()
}

#[test]
fn a_poke_asks_procd_and_does_what_the_service_needs() {
    let router = Router::with_scripts("hotplug-poke");
    router.write("etc/config/dynhost", "config host 'home'\n\toption enabled '1'\n");
    router.sh("touch -d '2026-11-26 02:00' /etc/config/dynhost");
    let ways = [
        event("iface", "ACTION=ifup INTERFACE=wan"),
        event("ntp", "ACTION=step"),
        "/etc/init.d/dynhost poke".into(),
    ];
    let rows: [(&str, &[&str]); 4] = [
        ("running", &[LIST, SIGNAL, LIST]),
        // It was about to end: the event is not lost.
        ("ending", &[LIST, SIGNAL, LIST, SPAWN]),
        ("ended", &[LIST, SPAWN]),
        // The user stopped it, or it is not its time yet at boot.
        ("", &[LIST]),
    ];
    router.sh("touch -d '2026-11-26 02:01' /var/run/dynhost.started");
    for way in &ways {
        for (service, expected) in rows {
            router.sh(&format!(
                "rm -f /tmp/service; [ -z '{service}' ] || echo {service} > /tmp/service"
            ));
            assert_eq!(poked(&router, way), expected, "{service}: {way}");
        }
    }
}

#[test]
fn a_configuration_written_since_the_start_is_described_to_procd_anew() {
    let router = Router::with_scripts("hotplug-anew");
    router.write("etc/config/dynhost", "config host 'home'\n\toption enabled '1'\n");
    router.sh("echo ended > /tmp/service; mkdir -p /var/run/uci; echo > /var/run/uci/dynhost");
    let rows = [
        (
            "rm /var/run/uci/dynhost; touch -d '2026-11-26 02:01'",
            "touch -d '2026-11-26 02:02'",
            false,
        ),
        ("touch -d '2026-11-26 02:03'", "touch -d '2026-11-26 02:02'", true),
        // Within a second nobody can tell.
        ("touch -d '2026-11-26 02:02'", "touch -d '2026-11-26 02:02'", true),
        ("touch -d '2026-11-26 02:01'", "rm -f", true),
    ];
    for (configuration, started, expected) in rows {
        let line =
            format!("{configuration} /etc/config/dynhost; {started} /var/run/dynhost.started");
        stdout(&router.sh(&line));
        let asked = poked(&router, "/usr/libexec/dynhost-poke");
        assert_eq!(asked.contains(&"start".to_owned()), expected, "{line}: {asked:?}");
        assert_eq!(asked.contains(&SPAWN.to_owned()), !expected, "{line}: {asked:?}");
    }
}

/// What comes of an event in processes, as each costs a router some 10 ms: counted from the event
/// to the word to procd.
#[test]
fn a_poke_that_starts_nothing_anew_costs_a_handful_of_processes() {
    let router = Router::with_scripts("hotplug-cost");
    router.write("etc/config/dynhost", "config host 'home'\n\toption enabled '1'\n");
    router.sh("echo > /var/run/dynhost.started; touch -d '2026-11-26 02:01' /etc/config/dynhost");
    router.program(
        "bin/ubus",
        "#!/bin/sh\nread -r state < /tmp/service\n\
                                [ $3 != list ] || echo \"\\\"dynhost\\\" $state\"\n",
    );
    for (service, most) in [(r#""running": true"#, 8), (r#""running": false"#, 5)] {
        router.write("tmp/service", &format!("{service}\n"));
        let line = "count() { read -r _ _ _ _ last < /proc/loadavg; }; count; before=$last; \
                    /usr/libexec/dynhost-poke; count; echo $((last - before))";
        let forks: i32 = stdout(&router.sh_alone(line)).trim().parse().unwrap();
        assert!((1..=most).contains(&forks), "{service}: {forks}");
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
        ("iface", "ACTION=ifdown INTERFACE=wan", 1),
        ("iface", "ACTION=ifup-failed INTERFACE=wan", 0),
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
    router.program(POKE, "#!/bin/sh\nread -r _ < /tmp/go\necho poked >> /tmp/log\n");
    let event = event("iface", "ACTION=ifup INTERFACE=wan");
    let line = format!("mkfifo /tmp/go; {event}; echo returned >> /tmp/log; echo > /tmp/go");
    let run = router.sh(&format!("timeout 10 sh -c '{line}'"));
    assert_eq!(stdout(&run), "");
    assert_eq!(router.asked(), ["returned", "poked"]);
}
