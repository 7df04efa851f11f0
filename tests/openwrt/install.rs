//! The package's life on a router: installed, upgraded, removed.

use std::fs;
use std::path::Path;

use super::build::{Build, VERSION};
use super::router::{Router, manifest, stdout};

/// Runs the stand-in for opkg; gives what the package's scripts asked for meanwhile.
fn opkg(router: &Router, arguments: &str) -> Vec<String> {
    stdout(&router.sh(&format!("opkg {arguments}")));
    router.asked()
}

fn bring(router: &Router, build: &Build, version: &str) -> String {
    let file = format!("dynhost_{version}-r1_x86_64.ipk");
    let made = build.out().join("x86_64").join(&file);
    fs::copy(made, router.path(&format!("tmp/{file}"))).unwrap();
    format!("/tmp/{file}")
}

/// The next release: another version, another shipped configuration.
fn next_release(name: &str) -> Build {
    let build = Build::copy_of_project(name).only_x86_64();
    let replace = |file: &Path, from: &str, to: &str| {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(from));
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    };
    let manifest = build.project().join("Cargo.toml");
    replace(&manifest, &format!("version = \"{VERSION}\""), "version = \"99.0.0\"");
    let shipped = build.project().join("openwrt/dynhost/files/dynhost.config");
    replace(&shipped, "# dynhost:", "# dynhost, the next release:");
    build
}

#[test]
fn installing_puts_everything_in_place_and_starts_the_service() {
    let build = Build::of_project("install-fresh-build").only_x86_64();
    build.run();
    let router = Router::bare("install-fresh");
    let file = bring(&router, &build, VERSION);
    let asked = opkg(&router, &format!("install {file}"));

    for (mode, _, target) in manifest() {
        if target.starts_with("/etc/uci-defaults/") {
            assert!(!router.has(&target), "it has run and is gone");
        } else {
            assert_eq!(router.mode(&target), mode, "{target}");
        }
    }
    assert_eq!(router.mode("usr/bin/dynhost"), 0o755);
    assert!(router.has("etc/rc.d/S95dynhost") && router.has("etc/rc.d/K10dynhost"));
    assert!(asked.contains(&"start".to_owned()), "{asked:?}");
    assert!(!asked.iter().any(|line| line.starts_with("open_instance")), "no host, no agent");
}

#[test]
fn installing_offers_what_ddns_scripts_had() {
    let build = Build::of_project("install-ddns-build").only_x86_64();
    build.run();
    let router = Router::bare("install-ddns");
    let service = "config service 'old'\n\toption service_name 'ovh.com'\n\toption domain 'a.b.c'\n\
                   \toption username 'u'\n\toption password 'p'\n";
    router.write("etc/config/ddns", service);
    let file = bring(&router, &build, VERSION);
    opkg(&router, &format!("install {file}"));
    assert!(router.read("etc/config/dynhost").contains("config host 'old'\n\toption enabled '0'"));
    assert_eq!(router.read("etc/config/ddns"), service);
}

#[test]
fn an_upgrade_keeps_the_users_configuration_and_a_disabled_service_disabled() {
    let (old, new) = (Build::of_project("upgrade-old").only_x86_64(), next_release("upgrade-new"));
    old.run();
    new.run();
    let router = Router::bare("upgrade");
    let file = bring(&router, &old, VERSION);
    opkg(&router, &format!("install {file}"));
    let mine = "config host 'home'\n\toption hostname 'home.example.com'\n";
    router.write("etc/config/dynhost", mine);
    stdout(&router.sh("/etc/init.d/dynhost disable"));

    let file = bring(&router, &new, "99.0.0");
    let asked = opkg(&router, &format!("install {file}"));
    assert_eq!(router.read("etc/config/dynhost"), mine);
    let beside = router.read("etc/config/dynhost-opkg");
    assert!(beside.starts_with("# dynhost, the next release:"));
    assert!(!router.has("etc/rc.d/S95dynhost"));
    let calls: Vec<&str> = asked.iter().map(String::as_str).collect();
    let order = |call: &str| calls.iter().position(|line| *line == call);
    assert!(order("stop") < order("start") && order("stop").is_some(), "{calls:?}");
}

#[test]
fn an_upgrade_replaces_a_configuration_nobody_touched() {
    let (old, new) =
        (Build::of_project("untouched-old").only_x86_64(), next_release("untouched-new"));
    old.run();
    new.run();
    let router = Router::bare("untouched");
    for (build, version) in [(&old, VERSION), (&new, "99.0.0")] {
        let file = bring(&router, build, version);
        opkg(&router, &format!("install {file}"));
    }
    assert!(router.read("etc/config/dynhost").starts_with("# dynhost, the next release:"));
    assert!(!router.has("etc/config/dynhost-opkg"));
    assert!(router.has("etc/rc.d/S95dynhost"));
}

#[test]
fn removing_leaves_nothing_but_a_configuration_of_the_users_own() {
    let build = Build::of_project("remove-build").only_x86_64();
    build.run();
    for own in [false, true] {
        let router = Router::bare("remove");
        let before = stdout(&router.sh("find / -type f -o -type l | grep -v ^/tmp/ | sort"));
        let file = bring(&router, &build, VERSION);
        opkg(&router, &format!("install {file}"));
        if own {
            router.write("etc/config/dynhost", "config host 'home'\n");
        }
        let asked = opkg(&router, "remove dynhost");
        assert!(asked.contains(&"stop".to_owned()), "{asked:?}");
        let mut after = stdout(&router.sh("find / -type f -o -type l | grep -v ^/tmp/ | sort"));
        if own {
            after = after.replace("/etc/config/dynhost\n", "");
        }
        assert_eq!(after, before);
    }
}
