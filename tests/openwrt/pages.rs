//! The packages of every architecture: the page for `LuCI`, its languages, the collectors.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::build::{Build, VERSION, read, unpack};
use super::router::{project, scratch, stdout};

const LANGUAGES: [&str; 7] = ["de", "es", "fr", "it", "nl", "pl", "pt"];

/// Every file of a package as it lies on the router, below the folder that is given back, in which
/// `control` has the package's own files.
fn unpacked(build: &Build, name: &str) -> (std::path::PathBuf, Vec<String>) {
    let folder = scratch(&format!("pages-{name}"));
    let file = build.out().join("all").join(format!("{name}_{VERSION}-r1_all.ipk"));
    unpack(&file, &folder);
    unpack(&folder.join("control.tar.gz"), &folder.join("control"));
    let data = unpack(&folder.join("data.tar.gz"), &folder.join("data"));
    let files = data.iter().filter(|line| !line.starts_with('d'));
    let files = files.map(|line| line.strip_prefix("-rw-r--r-- 0/0 ").expect(line));
    let files = files.map(|rest| rest.rsplit(' ').next().unwrap()[1..].to_owned()).collect();
    (folder, files)
}

fn below(folder: &Path) -> Vec<String> {
    let list = Command::new("find").args([".", "-type", "f"]).current_dir(folder).output().unwrap();
    stdout(&list).lines().map(|line| line[1..].to_owned()).collect()
}

#[test]
fn the_page_is_packed_as_it_is_and_rpcd_looks_at_it() {
    let build = Build::of_project("pages").only_x86_64();
    build.run();
    let (folder, files) = unpacked(&build, "luci-app-dynhost");
    let app = project().join("openwrt/luci-app-dynhost");
    let mut expected: Vec<String> =
        below(&app.join("htdocs")).iter().map(|file| format!("/www{file}")).collect();
    expected.extend(below(&app.join("root")));
    expected.sort();
    assert_eq!(files, expected);
    for file in files.iter().filter(|file| Path::new(file).extension().is_some_and(|e| e == "json"))
    {
        let text = read(&folder.join("data"), file.trim_start_matches('/'));
        serde_json::from_str::<serde_json::Value>(&text).expect(file);
    }
    let control = read(&folder.join("control"), "control");
    for line in ["Architecture: all", "Depends: luci-base, dynhost", "Section: luci"] {
        assert!(control.lines().any(|other| other == line), "{line}: {control}");
    }
    assert!(!folder.join("control/conffiles").exists());
    let script = read(&folder.join("control"), "postinst");
    assert!(script.contains("default_postinst") && script.contains("/etc/init.d/rpcd reload"));
    let makefile = read(&app, "Makefile");
    assert!(makefile.contains(&format!("\nPKG_VERSION:={VERSION}\n")));
    assert!(makefile.contains("LUCI_DEPENDS:=+luci-base +dynhost\n"));
}

#[test]
fn every_language_is_a_package_with_its_catalogue() {
    let build = Build::of_project("pages-languages").only_x86_64();
    build.run();
    for language in LANGUAGES {
        let name = format!("luci-i18n-dynhost-{language}");
        let (folder, files) = unpacked(&build, &name);
        let catalogue = format!("/usr/lib/lua/luci/i18n/dynhost.{language}.lmo");
        let defaults = format!("/etc/uci-defaults/{name}");
        assert_eq!(files, [defaults.as_str(), catalogue.as_str()]);
        let bytes = fs::read(folder.join("data").join(&catalogue[1..])).unwrap();
        let index = u32::from_be_bytes(bytes[bytes.len() - 4..].try_into().unwrap());
        let entries = bytes.len() - 4 - usize::try_from(index).unwrap();
        assert!(entries % 16 == 0 && entries / 16 > 80, "{language}: {entries} bytes of index");
        let sets = read(&folder.join("data"), &defaults[1..]);
        assert!(sets.starts_with(&format!("uci set luci.languages.{language}='")), "{sets}");
        let control = read(&folder.join("control"), "control");
        assert!(control.contains("\nDepends: luci-app-dynhost\n"), "{control}");
    }
    let shipped = fs::read_dir(project().join("openwrt/luci-app-dynhost/po")).unwrap();
    assert_eq!(shipped.count(), LANGUAGES.len() + 1, "and the template");
}

#[test]
fn the_collectors_lie_where_their_exporters_look() {
    let build = Build::of_project("pages-collectors").only_x86_64();
    build.run();
    for (exporter, path) in [
        ("ucode", "/usr/share/ucode/node-exporter/lib/dynhost.uc"),
        ("lua", "/usr/lib/lua/prometheus-collectors/dynhost.lua"),
    ] {
        let name = format!("prometheus-node-exporter-{exporter}-dynhost");
        let (folder, files) = unpacked(&build, &name);
        assert_eq!(files, [path]);
        let control = read(&folder.join("control"), "control");
        let depends = format!("\nDepends: prometheus-node-exporter-{exporter}, dynhost\n");
        assert!(control.contains(&depends), "{control}");
        let makefile =
            read(&project().join("openwrt/prometheus-node-exporter-dynhost"), "Makefile");
        assert!(makefile.contains(&format!("$(1){path}\n")), "{path}");
    }
}
