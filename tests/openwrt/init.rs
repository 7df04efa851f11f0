//! What the init script asks procd for.

use super::router::{Router, stdout};

/// What procd is told of the configuration at each start.
const RELOAD: &str = "add_reload_trigger dynhost";
const HOST: &str = "config host 'home'\n\toption hostname 'home.example.com'\n";

fn agent(option: &str) -> String {
    format!("config agent 'agent'\n\toption {option}\n{HOST}")
}

fn host(option: &str) -> String {
    format!("{HOST}\toption {option}\n")
}

fn starts(router: &Router, configuration: &str) -> Vec<String> {
    router.write("etc/config/dynhost", configuration);
    let run = router.sh("/etc/init.d/dynhost start");
    assert_eq!(stdout(&run), "");
    let is_asked = |line: &String| {
        let kinds = ["open_", "close_", "set_", "append_", "add_"];
        kinds.iter().any(|kind| line.starts_with(kind))
    };
    router.asked().into_iter().filter(is_asked).filter(|line| line != RELOAD).collect()
}

#[test]
fn an_agent_that_ends_by_itself_is_not_respawned() {
    let router = Router::with_scripts("init-settled");
    let expected = [
        "open_instance ",
        "set_param command /usr/bin/dynhost run",
        "append_param command --until-settled",
        "set_param file /etc/config/dynhost ",
        "set_param limits core=0",
        "set_param env DYNHOST_LOG=split",
        "set_param stdout 1",
        "set_param stderr 1",
        "close_instance ",
    ];
    let asked: Vec<String> = starts(&router, HOST);
    let trimmed: Vec<&str> = asked.iter().map(|line| line.trim_end()).collect();
    assert_eq!(trimmed, expected.map(str::trim_end));
    assert!(router.has("var/run/dynhost"));
}

#[test]
fn a_resident_agent_stays_and_is_respawned_slowly() {
    let router = Router::with_scripts("init-resident");
    let asked = starts(&router, &agent("resident '1'"));
    assert!(asked.contains(&"set_param command /usr/bin/dynhost run".to_owned()), "{asked:?}");
    assert!(asked.contains(&"set_param respawn 3600 30 0".to_owned()), "{asked:?}");
    let files = "set_param file /etc/config/dynhost /usr/bin/dynhost";
    assert!(asked.contains(&files.to_owned()), "an upgrade must reach it: {asked:?}");
    assert!(!asked.iter().any(|line| line.contains("--until-settled")), "{asked:?}");
}

#[test]
fn without_an_enabled_host_nothing_is_started() {
    let router = Router::with_scripts("init-disabled");
    let shipped = router.read("etc/config/dynhost");
    for configuration in [shipped, String::new(), host("enabled '0'")] {
        assert_eq!(starts(&router, &configuration), [""; 0], "{configuration}");
    }
}

/// What is wrong with a file, what the log says of it, and how.
const BROKEN: [(&str, &str); 4] = [
    ("config host 'home\n", "/etc/config/dynhost:1: the quote opened here is never closed"),
    // `uci_load` passes over such a line and calls the file good.
    ("config host 'home'\n\toption hostname 'a.example.com'\n\tooption x '1'\n", ":3: "),
    ("", "cannot use /etc/config/dynhost: the file has no section"),
    ("config host 'home'", "does not end with a line break"),
];

#[test]
fn a_faulty_file_takes_no_running_agent_down() {
    let router = Router::with_agent("init-faulty");
    for (configuration, expected) in BROKEN {
        for action in ["reload", "start"] {
            router.write("etc/config/dynhost", configuration);
            router.write("tmp/service", "running\n");
            router.asked();
            let run = router.sh(&format!("/etc/init.d/dynhost {action}"));
            assert!(!run.status.success(), "{configuration:?}");
            let asked = router.asked();
            assert!(!asked.contains(&"start".to_owned()), "procd must not hear of it: {asked:?}");
            let said: Vec<_> = asked.iter().filter(|line| line.starts_with("logger")).collect();
            let fault = format!("logger -t dynhost -p daemon.err {expected}");
            let fault = fault.split_once(" daemon.err ").unwrap().1;
            assert!(said[0].contains(fault), "{fault}: {said:?}");
            assert!(said[1].contains("goes on with the configuration it has"), "{said:?}");
        }
    }
}

#[test]
fn a_faulty_file_with_nothing_running_is_logged_and_waited_for() {
    let router = Router::with_agent("init-faulty-start");
    for (configuration, expected) in BROKEN {
        for (service, action) in [("", "start"), ("ended\n", "reload"), ("running\n", "restart")] {
            router.write("etc/config/dynhost", configuration);
            router.write("tmp/service", service);
            router.asked();
            stdout(&router.sh(&format!("/etc/init.d/dynhost {action}")));
            let asked = router.asked();
            let is_said = asked.iter().any(|line| line.contains(expected));
            assert!(is_said, "{configuration:?} is not in the log: {asked:?}");
            // procd hears of the service, so that a reload of the repaired file reaches it.
            assert!(asked.contains(&RELOAD.to_owned()) && asked.contains(&"start".to_owned()));
            assert!(!asked.iter().any(|line| line.starts_with("open_instance")), "{asked:?}");
        }
    }
}

#[test]
fn one_faulty_host_does_not_keep_the_others_from_being_reloaded() {
    let router = Router::with_agent("init-one-faulty");
    let good = format!("{HOST}\toption username 'u'\n\toption password 'p'\n");
    let faulty = host("family 'ipv7'").replace("home", "office");
    router.write("etc/config/dynhost", &(good + &faulty));
    router.write("tmp/service", "running\n");
    stdout(&router.sh("/etc/init.d/dynhost reload"));
    let asked = router.asked();
    assert!(asked.iter().any(|line| line.starts_with("open_instance")), "{asked:?}");
    assert!(!asked.iter().any(|line| line.starts_with("logger")), "{asked:?}");
}

#[test]
fn a_start_with_no_enabled_host_says_so() {
    let router = Router::with_agent("init-idle");
    for configuration in [router.read("etc/config/dynhost"), host("enabled '0'")] {
        router.write("etc/config/dynhost", &configuration);
        stdout(&router.sh("/etc/init.d/dynhost start"));
        let said = "daemon.notice nothing to do: /etc/config/dynhost has no host that is enabled";
        assert!(router.asked().iter().any(|line| line.contains(said)), "{configuration}");
    }
}

#[test]
fn the_rules_of_every_section_type_are_registered() {
    let router = Router::with_scripts("init-rules");
    starts(&router, HOST);
    let rules = router.read("tmp/rules");
    let types: Vec<_> = rules.lines().filter(|line| !line.starts_with('\t')).collect();
    assert_eq!(types, ["agent", "provider", "host"]);
}

#[test]
fn a_stop_leaves_nothing_that_a_poke_would_go_by() {
    let router = Router::with_scripts("init-stop");
    starts(&router, HOST);
    assert!(router.has("var/run/dynhost.started"));
    stdout(&router.sh("/etc/init.d/dynhost stop"));
    assert!(!router.has("var/run/dynhost.started"));
}

#[test]
fn the_jail_holds_what_the_configuration_names_and_nothing_is_jailed_that_cannot_be() {
    let router = Router::with_scripts("init-jail");
    router.sh("mkdir -p /sbin /tmp/resolv.conf.d; : > /tmp/steady; : > /tmp/resolv.conf.d/auto");
    let provider = format!("config provider 'lab'\n\toption ca_file '/etc/ssl/lab.pem'\n{HOST}");
    let rows: [(&str, &str, &str, Option<&str>); 8] = [
        ("no ujail", "/tmp/steady", HOST, None),
        ("ujail", "/tmp/steady", HOST, Some("")),
        ("ujail", "/tmp/resolv.conf.d/auto", HOST, None),
        ("ujail", "/tmp/steady", &host("command '/root/my-address'"), None),
        ("ujail", "/tmp/steady", &host("on_change '/root/tell-me'"), None),
        ("ujail", "/tmp/steady", &host("password_file '/etc/my secrets/home'"), None),
        ("ujail", "/tmp/steady", &host("password_file '/etc/dynhost/home'"), Some(" /etc/dynhost")),
        ("ujail", "/tmp/steady", &provider, Some(" /etc/ssl")),
    ];
    for (ujail, resolver, configuration, mounts) in rows {
        let switch = if ujail == "ujail" { "ln -sf /bin/busybox" } else { "rm -f" };
        router.sh(&format!("{switch} /sbin/ujail; ln -sf {resolver} /etc/resolv.conf"));
        let asked = starts(&router, configuration);
        let jail: Vec<&str> = asked
            .iter()
            .map(String::as_str)
            .filter(|line| line.starts_with("add_jail") || line.contains("capabilities"))
            .collect();
        let expected: Vec<String> = mounts.map_or_else(Vec::new, |mounts| {
            // The folder that ubusd makes its socket in, and makes it anew.
            let fixed = "/etc/config /etc/hosts /etc/ssl/certs /var/run/ubus /var/run/uci";
            vec![
                "add_jail dynhost".to_owned(),
                format!("add_jail_mount {fixed}{mounts}"),
                "add_jail_mount_rw /var/run/dynhost".to_owned(),
                "set_param capabilities /etc/capabilities/dynhost.json".to_owned(),
            ]
        });
        assert_eq!(jail, expected, "{ujail}, {resolver}, {configuration}");
    }
}

#[test]
fn update_runs_the_program_and_gives_its_exit_code() {
    let router = Router::with_scripts("init-update");
    router.program("usr/bin/dynhost", "#!/bin/sh\necho \"$*\"\nexit 75\n");
    let run = router.sh("exec 1000> /tmp/lock; /etc/init.d/dynhost update home --dry-run");
    assert_eq!(String::from_utf8_lossy(&run.stdout), "update home --dry-run\n");
    assert_eq!(run.status.code(), Some(75));
}
