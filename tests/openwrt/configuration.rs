//! Does the agent accept what the package writes?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::router::{Router, project, scratch, stdout};

/// Every fault and warning that `dynhost check` has about this text.
fn faults(name: &str, text: &str) -> Vec<String> {
    let folder = scratch(&format!("configuration-{name}"));
    let (file, password) = (folder.join("dynhost"), folder.join("nas.password"));
    let text = text.replace("/etc/dynhost/nas.password", password.to_str().unwrap());
    fs::write(&file, text).unwrap();
    fs::write(&password, "secret1234\n").unwrap();
    for own in [&file, &password] {
        fs::set_permissions(own, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let mut agent = Command::new(env!("CARGO_BIN_EXE_dynhost"));
    let run = agent.arg("--config").arg(&file).arg("check").output().unwrap();
    if run.status.success() {
        return Vec::new();
    }
    assert_eq!(run.status.code(), Some(78));
    String::from_utf8(run.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Takes the `#` off where nothing but UCI follows it.
fn uncommented(text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with("config ") || rest.starts_with('\t') => rest,
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_shipped_file_lacks_a_host_and_its_examples_lack_nothing() {
    let shipped = project().join("openwrt/dynhost/files/dynhost.config");
    let shipped = fs::read_to_string(shipped).unwrap();
    let found = faults("shipped", &shipped);
    assert!(found.len() == 1 && found[0].contains("no host is configured"), "{found:?}");

    let examples = uncommented(&shipped);
    assert_eq!(examples.matches("config host").count(), 2);
    assert_eq!(faults("examples", &examples), [""; 0]);
}

#[test]
fn what_was_copied_from_ddns_scripts_only_waits_to_be_enabled() {
    let router = Router::with_scripts("configuration-copying");
    let service = "config service 'old'\n\toption service_name 'ovh.com'\n\
                   \toption domain 'home.example.com'\n\toption username 'example.com-home'\n\
                   \toption password 'it'\\''s secret'\n";
    let six = service.replace("'old'", "'six'") + "\toption use_ipv6 '1'\n";
    router.write("etc/config/ddns", &(service.to_owned() + &six));
    stdout(&router.sh("( . /etc/uci-defaults/60-dynhost )"));
    let copied = router.read("etc/config/dynhost");
    assert_eq!(copied.matches("\nconfig host").count(), 2);
    let found = faults("copied", &copied);
    assert!(found.len() == 1 && found[0].contains("every host is disabled"), "{found:?}");
    let enabled = copied.replace("option enabled '0'", "option enabled '1'");
    assert_eq!(faults("enabled", &enabled), [""; 0]);
}
