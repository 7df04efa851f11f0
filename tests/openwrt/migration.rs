//! Taking over what ddns-scripts had.

use super::router::{Router, stdout};

const PASSWORD: &str = r#"it's "1" $HOME `x` \ #7"#;

/// As UCI writes it, and as the shell reads it.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn service(name: &str, options: &[(&str, &str)]) -> String {
    let lines = options.iter().map(|(name, value)| format!("\toption {name} {}\n", quoted(value)));
    format!("config service '{name}'\n{}", lines.collect::<String>())
}

/// A complete section: these, and a name, a login and a password.
fn ovh(name: &str, options: &[(&str, &str)]) -> String {
    let mut all =
        vec![("enabled", "1"), ("service_name", "ovh.com"), ("domain", "home.example.com")];
    all.extend([("username", "example.com-home"), ("password", PASSWORD)]);
    all.extend(options);
    service(name, &all)
}

fn host(name: &str, family: &str, uplink: &str) -> String {
    format!(
        "config host '{name}'\n\toption enabled '0'\n\toption hostname 'home.example.com'\n\
         \toption username 'example.com-home'\n\toption password {}\n\tlist family '{family}'\n{uplink}",
        quoted(PASSWORD)
    )
}

/// Runs the script as `default_postinst` and the boot do, and gives what was added.
fn migrate(router: &Router, ddns: &str) -> String {
    router.write("etc/config/ddns", ddns);
    let before = router.read("etc/config/dynhost");
    stdout(&router.sh("( . /etc/uci-defaults/60-dynhost )"));
    assert_eq!(router.read("etc/config/ddns"), ddns, "ddns-scripts' own file stays as it is");
    let after = router.read("etc/config/dynhost");
    let added = after.strip_prefix(&before).unwrap();
    added.strip_suffix('\n').unwrap_or(added).to_owned()
}

#[test]
fn a_section_becomes_a_disabled_host() {
    let router = Router::with_scripts("migration-rows");
    let shipped = router.read("etc/config/dynhost");
    let wan = "\toption interface 'wan'\n";
    let rows = [
        (ovh("myddns", &[]), host("myddns", "ipv4", wan)),
        (
            ovh("myddns", &[("ip_network", "wanb")]),
            host("myddns", "ipv4", "\toption interface 'wanb'\n"),
        ),
        (ovh("six", &[("use_ipv6", "1")]), host("six", "ipv6", "\toption interface 'wan6'\n")),
        (
            ovh("dev", &[("ip_source", "interface"), ("ip_interface", "pppoe-wan")]),
            host("dev", "ipv4", "\toption device 'pppoe-wan'\n"),
        ),
        (ovh("web", &[("ip_source", "web"), ("interface", "wan")]), host("web", "ipv4", wan)),
        (ovh("script", &[("ip_source", "script")]), host("script", "ipv4", "")),
        // A URL of one's own, for OVHcloud's service.
        (
            ovh(
                "custom",
                &[
                    ("service_name", "custom"),
                    ("update_url", "https://dns.eu.ovhapis.com/nic/update?system=dyndns&myip=[IP]"),
                ],
            ),
            host("custom", "ipv4", wan),
        ),
        // The older option for the name.
        (
            ovh("old", &[("domain", ""), ("lookup_host", "home.example.com")]),
            host("old", "ipv4", wan),
        ),
        // Other services, and what is incomplete.
        (ovh("other", &[("service_name", "dyndns.org")]), String::new()),
        (ovh("poor", &[("password", "")]), String::new()),
        (ovh("nameless", &[("domain", "")]), String::new()),
        ("config ddns 'global'\n".to_owned(), String::new()),
        // Two that would get the same name: 32 letters are the limit.
        (
            ovh("a_name_of_more_than_32_letters_one", &[])
                + &ovh("a_name_of_more_than_32_letters_or_so", &[]),
            host("a_name_of_more_than_32_letters_o", "ipv4", wan)
                + &host("a_name_of_more_than_32_lette_2", "ipv4", wan),
        ),
    ];
    for (row, (ddns, expected)) in rows.into_iter().enumerate() {
        router.write("etc/config/dynhost", &shipped);
        assert_eq!(migrate(&router, &ddns), expected, "row {row}: {ddns}");
    }
}

#[test]
fn passwords_are_neither_on_a_command_line_nor_in_the_log() {
    let router = Router::with_scripts("migration-secret");
    assert!(migrate(&router, &ovh("home", &[])).contains(&quoted(PASSWORD)));
    let asked = router.asked();
    assert!(asked.iter().any(|line| line.starts_with("uci -q -m import dynhost")), "{asked:?}");
    assert!(
        asked.iter().any(|line| line.starts_with("logger") && line.contains("disabled: home;"))
    );
    assert!(!asked.iter().any(|line| line.contains("it's")), "{asked:?}");
}

#[test]
fn a_configuration_with_hosts_or_faults_is_left_alone() {
    let rows = [
        "config host 'mine'\n\toption enabled '0'\n",
        "config host 'mine\n",
        // No host is left of it for whom passes over what is faulty.
        "konfig host 'mine'\n\toption hostname 'home.example.com'\n",
    ];
    for configuration in rows {
        let router = Router::with_scripts("migration-again");
        router.write("etc/config/dynhost", configuration);
        assert_eq!(migrate(&router, &ovh("home", &[])), "", "{configuration}");
    }
}

#[test]
fn a_second_run_adds_nothing() {
    let router = Router::with_scripts("migration-twice");
    assert_ne!(migrate(&router, &ovh("home", &[])), "");
    assert_eq!(migrate(&router, &ovh("home", &[])), "");
}
