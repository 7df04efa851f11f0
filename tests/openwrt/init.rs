//! What the init script asks procd for.

use super::router::{Router, stdout};

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
    let asked = router.asked().into_iter();
    asked.filter(|line| line != "start" && !line.starts_with("uci ")).collect()
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

#[test]
fn an_unreadable_configuration_is_reported_by_the_agent_but_takes_no_running_one_down() {
    let router = Router::with_scripts("init-unreadable");
    let broken = "config host 'home\n";
    let asked = starts(&router, broken);
    assert!(asked.contains(&"append_param command --until-settled".to_owned()), "{asked:?}");

    let run = router.sh("/etc/init.d/dynhost reload");
    assert!(!run.status.success());
    let asked = router.asked();
    assert!(asked.iter().any(|line| line.contains("the old configuration stays")), "{asked:?}");
    assert!(!asked.contains(&"start".to_owned()), "{asked:?}");
}

#[test]
fn a_reload_starts_again_with_what_is_written_now() {
    let router = Router::with_scripts("init-reload");
    router.write("etc/config/dynhost", HOST);
    stdout(&router.sh("/etc/init.d/dynhost reload"));
    assert!(router.asked().contains(&"start".to_owned()));
    stdout(&router.sh("/etc/init.d/dynhost triggers"));
    assert!(router.asked().contains(&"add_reload_trigger dynhost".to_owned()));
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
            let fixed = "/etc/config /etc/hosts /etc/ssl/certs /var/run/uci";
            vec![
                "add_jail dynhost ubus".to_owned(),
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
