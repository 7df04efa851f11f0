//! Whole configurations: the corpus in `tests/config`, and rows of one option each.

use std::path::Path;

use super::*;

/// Stands for every password: no fault may hold it.
const MARKER: &str = "correct-horse-battery";

fn secret(path: &str) -> Result<String, String> {
    match path {
        "/etc/dynhost/home.password" => Ok(format!("{MARKER}\n")),
        "/etc/dynhost/crlf.password" => Ok(format!("{MARKER}\r\n")),
        "/etc/dynhost/two.password" => Ok(format!("{MARKER}\nmore\n")),
        "/etc/dynhost/empty.password" => Ok("\n".into()),
        "/etc/dynhost/mark.password" => Ok(format!("\u{feff}{MARKER}\n")),
        "/etc/dynhost/returns.password" => Ok(format!("{MARKER}\r\r\n")),
        _ => Err("no such file".into()),
    }
}

fn read_text(text: &str) -> Config {
    read("dynhost.conf", text.as_bytes(), &secret)
}

/// A host that needs nothing more, with further lines from line 5 on.
fn host(lines: &str) -> String {
    format!(
        "config host 'home'\n\toption hostname 'home.example.com'\n\toption username 'u'\n\
         \toption password '{MARKER}'\n{lines}\n"
    )
}

fn usable(config: &Config) -> Vec<&Host> {
    fn only(entry: &HostEntry) -> Option<&Host> {
        match entry {
            HostEntry::Usable(host) => Some(host),
            HostEntry::Faulty { .. } => None,
        }
    }
    config.hosts.iter().filter_map(only).collect()
}

fn only_host(text: &str) -> Host {
    let config = read_text(text);
    assert_eq!(config.faults, [], "{text}");
    match <[HostEntry; 1]>::try_from(config.hosts) {
        Ok([HostEntry::Usable(host)]) => *host,
        other => panic!("{text}: {other:?}"),
    }
}

/// Each file says in comments what is wrong with it: `#= LINE severity: text`.
#[test]
#[allow(clippy::disallowed_methods, reason = "the corpus lies beside the integration tests")]
fn every_file_of_the_corpus_has_the_faults_it_announces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("tests/config is there") {
        let path = entry.expect("a readable folder").path();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let expected: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("#= ")).collect();
        let found: Vec<String> = read_text(&text).faults.iter().map(announced).collect();
        assert_eq!(found, expected, "{}", path.display());
        assert!(!found.iter().any(|fault| fault.contains(MARKER)), "{found:?}");
        files += 1;
    }
    assert!(files >= 8, "only {files} files in {}", folder.display());
}

fn announced(fault: &Fault) -> String {
    let severity = match fault.severity {
        Severity::File => "file",
        Severity::Host => "host",
        Severity::Warning => "warning",
    };
    format!("{} {severity}: {}", fault.line, fault.text)
}

#[test]
fn a_host_with_nothing_but_the_needed_has_the_defaults() {
    let host = only_host(&host(""));
    assert_eq!(host.name, "home");
    assert!(host.enabled);
    assert_eq!(host.hostname, "home.example.com");
    assert_eq!(host.username, "u");
    assert_eq!(host.password.reveal(), MARKER);
    assert_eq!(host.provider, provider::built_in());
    assert_eq!(host.families, [Family::Ipv4]);
    assert_eq!(host.uplink, Uplink::DefaultRoute);
    assert_eq!(host.sources, [Source::Interface]);
    assert_eq!(host.command, [] as [&str; 0]);
    assert_eq!((host.gateway, host.web.poll_minutes), (None, 5));
    assert!(host.web.sites.is_empty() && host.web.ca_file.is_none());
    assert_eq!(host.suffix, None);
    assert!(!host.bind && !host.allow_special);
    assert_eq!((host.refresh_days, host.verify_hours, host.on_change), (0, 6, None));
    assert!(!format!("{:?}", read_text(&self::host(""))).contains(MARKER));
}

#[test]
fn a_host_with_everything_keeps_everything() {
    let config = read_text(
        "config agent\n option log_level debug\n option state_dir /tmp/s\n option resident yes\n \
         option on_change /bin/a\nconfig provider lab\n option ca_file /etc/lab.pem\n \
         option url 'https://lab:8443/?h={hostname}&a={address}'\nconfig host Home_1\n \
         option enabled off\n option hostname Home.Example.com.\n option username zone-suffix\n \
         option password_file /etc/dynhost/home.password\n option provider lab\n \
         list family ipv6\n list family ipv4\n option interface wan6\n list source command\n \
         list source interface\n list source natpmp\n list source upnp\n list source web\n \
         option gateway 192.168.1.254\n list web https://a/\n list web 'https://b/?c'\n \
         option poll_minutes 1440\n option ca_file /etc/web.pem\n \
         option command '/bin/get  -6 wan'\n option suffix ::1:2:3:4\n \
         option bind 1\n option allow_special true\n option refresh_days 365\n option verify_hours 0\n \
         option on_change /bin/b\nconfig host other\n option hostname other.example.com\n \
         option username u\n option password p\n option device pppoe-wan\n",
    );
    assert_eq!(config.faults, []);
    let agent = &config.agent;
    assert_eq!(agent.log_level, Some(log::LevelFilter::Debug));
    assert_eq!(agent.state_dir.as_deref(), Some("/tmp/s"));
    assert!(agent.resident);
    assert_eq!(agent.on_change.as_deref(), Some("/bin/a"));
    let hosts = usable(&config);
    let [host, other] = hosts.as_slice() else { panic!("{hosts:?}") };
    assert_eq!(host.name, "Home_1");
    assert!(!host.enabled);
    assert_eq!(host.hostname, "home.example.com");
    assert_eq!(host.username, "zone-suffix");
    assert_eq!(host.password.reveal(), MARKER);
    assert_eq!(host.provider.name, "lab");
    assert_eq!(host.provider.url.as_str(), "https://lab:8443/?h={hostname}&a={address}");
    assert_eq!(host.provider.ca_file.as_deref(), Some("/etc/lab.pem"));
    assert_eq!(host.families, [Family::Ipv6, Family::Ipv4]);
    assert_eq!(host.uplink, interfaces(&["wan6"]));
    let sources = [Source::Command, Source::Interface, Source::Natpmp, Source::Upnp, Source::Web];
    assert_eq!(host.sources, sources);
    assert_eq!(host.gateway, Some([192, 168, 1, 254].into()));
    let sites: Vec<&str> = host.web.sites.iter().map(Secret::reveal).collect();
    assert_eq!(sites, ["https://a/", "https://b/?c"]);
    assert_eq!(host.web.poll_minutes, 1440);
    assert_eq!(host.web.ca_file.as_deref(), Some("/etc/web.pem"));
    assert_eq!(host.command, ["/bin/get", "-6", "wan"]);
    assert_eq!(host.suffix, "::1:2:3:4".parse().ok());
    assert!(host.bind && host.allow_special);
    assert_eq!((host.refresh_days, host.verify_hours), (365, 0));
    assert_eq!(host.on_change.as_deref(), Some("/bin/b"));
    assert_eq!(other.uplink, Uplink::Device("pppoe-wan".try_into().unwrap_or_default()));
}

fn interfaces(names: &[&str]) -> Uplink {
    let name = |name: &&str| SectionName::try_from(*name).unwrap_or_default();
    Uplink::Interface(names.iter().map(name).collect())
}

#[test]
fn interfaces_are_kept_in_their_order() {
    let two = only_host(&host("list interface wan\nlist interface wanb"));
    assert_eq!(two.uplink, interfaces(&["wan", "wanb"]));
}

#[test]
fn each_wrong_value_takes_the_host_out_with_its_line_and_what_is_allowed() {
    let rows = [
        ("option enabled maybe", "enabled 'maybe': allowed are 1 true yes on enabled, and 0"),
        ("option hostname home", "hostname 'home': must be fully qualified"),
        ("option hostname '*.example.com'", "* is not a valid DynHost record"),
        ("list hostname a.example.com", "give it once, as option and not as list"),
        ("option username 'u:p'", "username: must not hold ':'"),
        ("option username 'u\tp'", "username: must not hold control characters"),
        ("option password 'u\np'", "password: must not hold a line break"),
        ("list password 'p'", "password: give it once"),
        ("option password_file /x", "password and password_file (line 4) exclude each other"),
        ("option provider lab", "provider 'lab': allowed are ovh"),
        ("option provider l-b", "provider 'l-b': a section's name takes"),
        ("option family both", "family 'both': allowed are ipv4 and ipv6"),
        ("list family ''", "family '': allowed are ipv4 and ipv6"),
        ("list family ipv4\nlist family ipv4", "family 'ipv4': is listed twice"),
        ("option interface '@wan'", "interface '@wan': an interface's name takes"),
        ("option device a/b", "device 'a/b': a device's name has no"),
        ("list interface wan\nlist interface wan", "interface 'wan': is listed twice"),
        (
            "list interface a\nlist interface b\nlist interface c\nlist interface d\n\
             list interface e",
            "interface 'e': is one too many, allowed are 4",
        ),
        ("option device a\noption interface b", "device and interface (line 5) exclude"),
        ("option suffix ::1", "suffix: is for IPv6 only"),
        ("option family ipv6\noption suffix ::", "suffix '::': is the whole prefix"),
        ("option family ipv6\noption suffix 2001:db8::1", "has upper bits"),
        ("option family ipv6\noption suffix 1.2.3.4", "is no IPv6 suffix"),
        ("option bind 2", "bind '2': allowed are 1"),
        ("option allow_special 'not'", "allow_special 'not': allowed are 1"),
        ("option refresh_days 366", "refresh_days '366': allowed are 0 (never) to 365 days"),
        ("option refresh_days +1", "refresh_days '+1': allowed"),
        ("option refresh_days -1", "refresh_days '-1': allowed"),
        ("option verify_hours 721", "verify_hours '721': allowed are 0 (never) to 720 hours"),
        ("option verify_hours 1h", "verify_hours '1h': allowed"),
        ("option on_change run.sh", "on_change: must be an absolute path"),
    ];
    each_takes_the_host_out(&rows);
}

#[test]
fn a_wrong_source_or_option_of_one_takes_the_host_out() {
    each_takes_the_host_out(&[
        ("option source modem", "source 'modem': allowed are interface "),
        ("list source web", "source 'web' needs list web 'https://...'"),
        ("list source auto\nlist source upnp", "source 'auto' stands alone"),
        ("list source upnp\noption gateway box", "gateway 'box': allowed is the IPv4 address"),
        ("list source upnp\noption gateway 0.0.0.0", "gateway '0.0.0.0': allowed is"),
        ("list source upnp\noption gateway 224.0.0.1", "gateway '224.0.0.1': allowed is"),
        ("list source web\nlist web 'http://a/'", "use https:// or set insecure_http"),
        ("list source web\nlist web 'ftp://a/'", "web 'ftp://a/': must start with https://"),
        ("list source web\nlist web 'https://u:p@a/'", "must not hold a login"),
        ("list source web\nlist web 'https://a/{address}'", "must have no braces"),
        (
            "list source web\nlist web 'https://a/'\nlist web 'https://a/'",
            "web 'https://a/': is listed twice",
        ),
        (
            "list source web\nlist web 'https://a/'\noption poll_minutes 0",
            "poll_minutes '0': allowed are 1 to 1440 minutes",
        ),
        (
            "list source web\nlist web 'https://a/'\noption poll_minutes +5",
            "poll_minutes '+5': allowed are",
        ),
        (
            "list source web\nlist web 'https://a/'\noption ca_file ca.pem",
            "ca_file 'ca.pem': must be an absolute path",
        ),
        ("list source command", "source 'command' needs option command"),
        ("option command 'get -4'\nlist source command", "command: must be an absolute path"),
    ]);
}

fn each_takes_the_host_out(rows: &[(&str, &str)]) {
    for (lines, expected) in rows {
        let config = read_text(&host(lines));
        let [fault] = config.faults.as_slice() else { panic!("{lines}: {:?}", config.faults) };
        assert_eq!(fault.severity, Severity::Host, "{lines}");
        assert!(fault.line >= 5 && fault.text.contains(*expected), "{lines}: {fault}");
        let [HostEntry::Faulty { name, fault: text }] = config.hosts.as_slice() else {
            panic!("{lines}: {:?}", config.hosts)
        };
        assert_eq!((name.as_str(), text), ("home", &fault.to_string()), "{lines}");
    }
}

#[test]
fn each_missing_option_is_named_on_the_line_of_its_section() {
    for missing in ["hostname", "username", "password"] {
        let text: String = host("")
            .lines()
            .filter(|line| !line.contains(missing))
            .fold(String::new(), |t, l| t + l + "\n");
        let config = read_text(&text);
        let [fault] = config.faults.as_slice() else { panic!("{:?}", config.faults) };
        assert_eq!((fault.line, fault.severity), (1, Severity::Host));
        assert!(fault.text.contains(&format!("add option {missing}")), "{fault}");
    }
}

#[test]
fn what_is_probably_not_meant_is_a_warning_and_the_host_goes_on() {
    let rows = [
        ("option hostnme x.example.com", "unknown option 'hostnme': did you mean 'hostname'?"),
        ("option passwrd hunter", "unknown option 'passwrd': did you mean 'password'?"),
        ("option ttl 60", "unknown option 'ttl': a host has none of that name"),
        ("option command /bin/get", "command: nothing runs it without list source 'command'"),
        ("option web 'https://a/'", "web: nothing reads it without list source 'web'"),
        ("option gateway 192.168.1.1", "gateway: nothing reads it without list source 'natpmp'"),
        ("option poll_minutes 5", "poll_minutes: nothing reads it without list source 'web'"),
        ("option ca_file /a", "ca_file: nothing reads it without list source 'web'"),
        ("option insecure_http 1", "insecure_http: nothing reads it without list source 'web'"),
        (
            "list source web\nlist web 'http://a/'\noption insecure_http 1",
            "anybody on the way to an http:// site can name an address",
        ),
        ("config hots x", "unknown section type, did you mean 'config host'?"),
        ("config ddns x", "unknown section type, there are agent, provider and host"),
        ("config agent\n option log_level loud", "log_level 'loud': allowed are error, warn"),
        (
            "config agent\n option state_dir tmp",
            "an absolute path, one that starts with /, the default",
        ),
        ("config agent a\nconfig agent b", "a second agent section, only that on line 5 counts"),
        ("config provider\n option url x", "a provider without a name"),
    ];
    for (lines, expected) in rows {
        let config = read_text(&host(lines));
        let [fault] = config.faults.as_slice() else { panic!("{lines}: {:?}", config.faults) };
        assert_eq!(fault.severity, Severity::Warning, "{lines}");
        assert!(fault.text.contains(expected) && !fault.text.contains("hunter"), "{fault}");
        assert_eq!(usable(&config).len(), 1, "{lines}");
    }
}

#[test]
fn nothing_to_do_is_a_warning_about_the_whole_file() {
    let rows = [
        (String::new(), "dynhost.conf: no host is configured"),
        (host("option enabled 0"), "dynhost.conf: every host is disabled"),
    ];
    for (text, expected) in rows {
        let config = read_text(&text);
        let [fault] = config.faults.as_slice() else { panic!("{:?}", config.faults) };
        assert_eq!((fault.line, fault.severity), (0, Severity::Warning));
        assert!(fault.to_string().starts_with(expected), "{fault}");
    }
}

#[test]
fn password_files_lose_their_line_end_and_nothing_else() {
    let with = |file| {
        host("").replace(
            &format!("option password '{MARKER}'"),
            &format!("option password_file /etc/dynhost/{file}.password"),
        )
    };
    assert_eq!(only_host(&with("home")).password.reveal(), MARKER);
    assert_eq!(only_host(&with("crlf")).password.reveal(), MARKER);
    let rows = [
        ("two", "dynhost.conf:4: password_file: the file has more than one line"),
        ("empty", "dynhost.conf:4: password_file: the file has no password in its first line"),
        ("mark", "dynhost.conf:4: password_file: the file starts with a byte order mark"),
        ("returns", "dynhost.conf:4: password_file: the file has more than one line"),
        ("none", "dynhost.conf:4: password_file: no such file"),
    ];
    for (file, expected) in rows {
        let config = read_text(&with(file));
        let [fault] = config.faults.as_slice() else { panic!("{:?}", config.faults) };
        assert!(fault.to_string().starts_with(expected), "{fault}");
    }
}

#[test]
fn passwords_are_taken_as_they_are_typed() {
    let password = "#?:@%\"\\ é;'";
    let typed = "'#?:@%\"\\ é;'\\'";
    let text = host("").replace(&format!("'{MARKER}'"), typed);
    assert_eq!(only_host(&text).password.reveal(), password);
}

#[test]
fn a_faulty_provider_takes_out_its_hosts_and_no_others() {
    let text = format!(
        "{}config host two\n option hostname l.example.com\n option username u\n \
         option password p\n option provider lab\nconfig provider lab\n option url ftp://x\n",
        host("")
    );
    let config = read_text(&text);
    let found: Vec<String> = config.faults.iter().map(announced).collect();
    assert_eq!(
        found,
        [
            "10 host: provider 'lab' has a fault on line 12",
            "12 host: url: must start with https://"
        ]
    );
    assert_eq!(usable(&config).len(), 1);
}

#[test]
fn http_needs_leave_and_is_warned_of_even_then() {
    let text = |option| {
        let url = "http://lab/{hostname}/{address}";
        host(&format!("option provider lab\nconfig provider lab\noption url {url}\n{option}"))
    };
    let refused = read_text(&text(""));
    assert!(refused.faults.iter().any(|fault| fault.line == 7 && fault.text.contains("https://")));
    assert_eq!(usable(&refused).len(), 0);
    let allowed = read_text(&text("option insecure_http 1"));
    let [fault] = allowed.faults.as_slice() else { panic!("{:?}", allowed.faults) };
    assert_eq!((fault.line, fault.severity), (7, Severity::Warning));
    assert_eq!(usable(&allowed).len(), 1);
}

#[test]
fn a_section_named_ovh_overrides_the_built_in_provider() {
    let url = "https://lab/{hostname}/{address}";
    let host = only_host(&host(&format!("config provider ovh\n option url {url}")));
    assert_eq!((host.provider.name.as_str(), host.provider.url.as_str()), ("ovh", url));
}

#[test]
fn one_name_at_two_providers_is_two_records() {
    let second = |url: &str| {
        let more = format!(
            "config host b\n option hostname home.example.com\n option username u\n \
             option password p\n option provider lab\n\
             config provider lab\n option url {url}"
        );
        read_text(&host(&more)).faults.len()
    };
    assert_eq!(second("https://lab/{hostname}/{address}"), 0);
    assert_eq!(second("https://dns.eu.ovhapis.com/{hostname}/{address}"), 1);
}

#[test]
fn a_wildcard_is_a_name_everywhere_but_at_ovhcloud() {
    let of = |name: &str, url: &str| {
        let text = format!(
            "config host home\n option hostname {name}\n option username u\n option password p\n \
             option provider lab\nconfig provider lab\n option url {url}\n"
        );
        read_text(&text)
    };
    let config = of("*.Example.com", "https://lab/{hostname}/{address}");
    assert_eq!(config.faults, []);
    assert_eq!(usable(&config)[0].hostname, "*.example.com");
    let config = of("*.example.com", "https://www.ovh.com/{hostname}/{address}");
    let [fault] = config.faults.as_slice() else { panic!("{:?}", config.faults) };
    assert_eq!((fault.line, fault.severity), (2, Severity::Host));
    assert!(fault.text.contains("* is not a valid DynHost record"), "{fault}");
}

#[test]
fn families_fit_the_places_in_the_url() {
    let rows: [(&str, &[&str], Option<(Severity, &str)>); 7] = [
        ("{address}", &["ipv4", "ipv6"], None),
        ("{ipv4}/{ipv6}", &["ipv4", "ipv6"], None),
        ("{ipv6}", &["ipv6"], None),
        ("{ipv4}/{ipv6}", &["ipv4"], Some((Severity::Warning, "add list family 'ipv6'"))),
        ("{ipv4}/{ipv6}", &["ipv6"], Some((Severity::Warning, "leaves {ipv4} empty"))),
        ("{ipv6}", &["ipv4", "ipv6"], Some((Severity::Host, "has no {ipv4}"))),
        ("{ipv6}", &[], Some((Severity::Host, "has no {ipv4}"))),
    ];
    for (places, families, expected) in rows {
        let families = families.iter().map(|family| format!(" list family {family}\n"));
        let families: String = families.collect();
        let text = host(&format!(
            "option provider lab\n{families}config provider lab\n option url https://lab/{places}"
        ));
        let config = read_text(&text);
        match (config.faults.as_slice(), expected) {
            ([], None) => {}
            ([fault], Some((severity, text))) => {
                assert_eq!(fault.severity, severity, "{places}");
                assert!(fault.text.contains(text), "{places}: {fault}");
            }
            (faults, _) => panic!("{places} {families}: {faults:?}"),
        }
    }
}

#[test]
fn the_same_record_twice_is_a_fault_on_the_second_unless_one_is_disabled() {
    let second = |family, enabled| {
        let more = format!(
            "config host b\n option hostname HOME.example.com\n option username u\n \
             option password p\n option family {family}\n option enabled {enabled}"
        );
        read_text(&host(&more))
    };
    let config = second("ipv4", "1");
    let [fault] = config.faults.as_slice() else { panic!("{:?}", config.faults) };
    assert_eq!((fault.line, fault.severity), (6, Severity::Host));
    assert!(fault.text.starts_with("the host on line 1 keeps the same record"), "{fault}");
    assert_eq!(usable(&config).len(), 1);
    assert_eq!(usable(&second("ipv6", "1")).len(), 2);
    assert_eq!(usable(&second("ipv4", "0")).len(), 2);
}

#[test]
fn sections_of_one_name_merge_and_nameless_or_long_named_hosts_are_faulty() {
    let merged = only_host(&host("config host home\n option hostname b.example.com"));
    assert_eq!(merged.hostname, "b.example.com");
    let nameless = read_text(&host("").replace("host 'home'", "host"));
    assert!(nameless.faults[0].text.contains("config host 'home'"), "{:?}", nameless.faults);
    assert!(
        matches!(nameless.hosts.as_slice(), [HostEntry::Faulty { name, .. }] if name == "@host[0]")
    );
    let long = read_text(&host("").replace("home'", &"x".repeat(33)).replace("host '", "host "));
    assert!(long.faults[0].text.contains("33 bytes, allowed are 32"), "{:?}", long.faults);
}

#[test]
fn a_syntax_fault_leaves_no_hosts_and_still_shows_the_faults_of_values() {
    let config = read_text(&host("option bind 2\noption device pppoe wan\noption family ipv5"));
    let lines: Vec<(u32, Severity)> = config.faults.iter().map(|f| (f.line, f.severity)).collect();
    assert_eq!(lines, [(5, Severity::Host), (6, Severity::File), (7, Severity::Host)]);
    assert!(config.hosts.is_empty());
    let hidden = read_text("config host home\noption hostname 'a.example.com' x\n");
    assert_eq!(hidden.faults.len(), 1, "what that line may have set is not called missing");
}

#[test]
fn more_hosts_than_allowed_are_left_out() {
    let hosts = |count: usize| {
        (0..count).fold(String::new(), |text, i| text + &host("").replace("home", &format!("h{i}")))
    };
    assert_eq!(usable(&read_text(&hosts(MAX_HOSTS))).len(), MAX_HOSTS);
    let config = read_text(&hosts(MAX_HOSTS + 1));
    assert_eq!(usable(&config).len(), MAX_HOSTS);
    let [fault] = config.faults.as_slice() else { panic!("{:?}", config.faults) };
    assert_eq!((fault.line, fault.severity), (161, Severity::Host));
}

#[test]
fn no_fault_repeats_a_password() {
    let rows = [
        host("").replace("option password", "option passwort"),
        host("").replace("option password", "list password"),
        host("").replace("option password", "option password_file"),
        host(&format!("option username 'u:{MARKER}'")),
        host(&format!("config provider p\n option url 'https://u:{MARKER}@lab/'")),
        host(&format!("option password '{MARKER}\n'")),
        host(&format!("option password '{MARKER}")),
        // Two lost quotes: a value that swallows the line of the password.
        "config host x\n option family 'ipv4\n option password secret\n option bind '1\n".into(),
        host("").replace("home.example.com'", "home.example.com"),
    ];
    for text in rows {
        let config = read_text(&text);
        assert!(!config.faults.is_empty(), "{text}");
        let leaks = |fault: &Fault| fault.text.contains(MARKER) || fault.text.contains("secret");
        assert!(!config.faults.iter().any(leaks), "{:?}", config.faults);
    }
}

#[test]
fn every_documented_option_is_known_once_and_has_a_meaning() {
    let mut seen = std::collections::BTreeSet::new();
    for OptionDoc { section, name, meaning, .. } in options() {
        assert!(seen.insert((section, name)), "{section} {name} twice");
        assert!(!meaning.is_empty(), "{section} {name}");
        let config =
            read_text(&format!("config {section} x\n option {name} ''\n option {name} -\n"));
        assert!(!config.faults.iter().any(|fault| fault.text.contains("unknown")), "{name}");
    }
    assert_eq!(seen.len(), 29);
}
