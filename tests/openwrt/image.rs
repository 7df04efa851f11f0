//! The script for the first boot, as docs/image-builder.md has it.

use super::router::{Router, project};

const LIST: &str = "00:11:22:33:44:54 other.example.com example.com-other other\n\
    00:11:22:33:44:55 home.example.com example.com-home it's'$(reboot)\n";

fn router(name: &str, mac: &str) -> Router {
    let router = Router::with_agent(name);
    let text = std::fs::read_to_string(project().join("docs/image-builder.md")).unwrap();
    let script = text.split("```sh\n").nth(1).expect("a script").split("```").next().unwrap();
    assert!(script.starts_with("# files/etc/uci-defaults/70-dynhost"), "{script}");
    for folder in ["sys/class/net/eth0", "etc/dynhost"] {
        std::fs::create_dir_all(router.path(folder)).unwrap();
    }
    router.write("sys/class/net/eth0/address", mac);
    router.write("etc/dynhost/fleet", LIST);
    router.write("etc/uci-defaults/70-dynhost", script);
    router
}

fn boot(router: &Router) {
    // As OpenWrt's boot does it: in a shell of its own, and once if that is content.
    let output = router.sh("cd /etc/uci-defaults && (. ./70-dynhost)");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_router_of_the_list_takes_its_own_name_once() {
    let router = router("image", "00:11:22:33:44:55\n");
    boot(&router);
    let config = router.read("etc/config/dynhost");
    assert!(config.contains("\n\toption hostname 'home.example.com'\n"), "{config}");
    assert_eq!(router.read("etc/dynhost/home.password"), "it's'$(reboot)\n");
    for file in ["etc/config/dynhost", "etc/dynhost/home.password"] {
        assert_eq!(router.mode(file), 0o600, "{file}");
    }
    assert!(!router.has("etc/dynhost/fleet"), "with every router's password");
    let check = router.sh("dynhost check");
    assert!(check.status.success(), "{check:?}");
    // An upgrade brings the list once more; the configuration was kept.
    router.write("etc/dynhost/fleet", LIST);
    boot(&router);
    assert_eq!(router.read("etc/config/dynhost"), config);
}

#[test]
fn another_router_stays_without_a_name() {
    let router = router("image-other", "00:11:22:33:44:56\n");
    let before = router.read("etc/config/dynhost");
    boot(&router);
    assert_eq!(router.read("etc/config/dynhost"), before);
    assert!(!router.has("etc/dynhost/home.password"));
}
