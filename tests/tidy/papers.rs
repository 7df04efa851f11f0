//! README, changelog, links, targets and figures: what a document says of the repository.

use super::{assert_mentions, read, root, tracked_with};

#[test]
fn the_readme_leads_to_the_installation_within_one_screen() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 200, "{} lines", readme.lines().count());
    let line = |heading: &str| {
        let found = readme.lines().position(|line| line.starts_with(heading));
        found.unwrap_or_else(|| panic!("README.md lacks {heading}"))
    };
    let order = [
        "## Install on OpenWrt",
        "## Install on a Raspberry Pi or Debian",
        "## The smallest configuration",
        "## Is my name current?",
        "## Why is my name not current?",
        "## More",
    ];
    let lines = order.map(line);
    assert!(lines.is_sorted() && lines[0] < 20, "{lines:?}");
    assert_mentions("README.md", ["make demo ", "make test "]);
}

/// Every `[text](path)` that leads to a file of the repository, with the document it stands in.
#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut links = 0;
    for path in tracked_with(".md") {
        let (folder, _) = path.rsplit_once('/').unwrap_or_default();
        let document = read(&path);
        for target in document.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") || target.starts_with('#') {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = root().join(folder).join(file);
            assert!(file.exists(), "{path} links to {target}, which does not exist");
            assert!(heading.is_empty() || has_heading(&file, heading), "{path}: {target}");
            links += 1;
        }
    }
    assert!(links > 15, "the links were not found");
}

/// What stands in `code` and begins with a folder of the repository is there. The figures of
/// docs/architecture.md are those of the layout that is being built.
#[test]
fn every_file_that_a_document_names_exists() {
    const FOLDERS: [&str; 11] = [
        ".ci/",
        "benches/",
        "cross/",
        "docs/",
        "debian/",
        "examples/",
        "fuzz/",
        "man/",
        "openwrt/",
        "src/",
        "tests/",
    ];
    let mut count = 0;
    for path in tracked_with(".md").iter().filter(|path| *path != "docs/architecture.md") {
        let document = read(path);
        for named in document.split('`').skip(1).step_by(2) {
            let named = named.split_whitespace().next().unwrap_or_default();
            if FOLDERS.iter().any(|folder| named.starts_with(folder)) {
                assert!(root().join(named).exists(), "{path} names {named}, which does not exist");
                count += 1;
            }
        }
    }
    assert!(count > 30, "the names were not found");
}

/// Whether a document has a heading with that anchor, as the forges make them.
fn has_heading(path: &std::path::Path, anchor: &str) -> bool {
    let document = std::fs::read_to_string(path).unwrap_or_default();
    let headings = document.lines().filter_map(|line| line.strip_prefix("##"));
    headings.map(|line| line.trim_start_matches('#').trim().to_lowercase()).any(|heading| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).eq(anchor.chars())
    })
}

/// The ratios in the table of figures are those of the last run of `make bench`.
#[test]
fn the_figures_are_those_that_were_measured() {
    let measured: serde_json::Value =
        serde_json::from_str(&read("benches/results.json")).expect("JSON");
    let (report, document) = (read("benches/report.py"), read("benches/README.md"));
    let table = document.lines().filter_map(cells).skip_while(|row| row[1] != "dynhost");
    let table: Vec<Vec<&str>> = table.collect();
    let rows = report.split_once("ROWS = [").expect("rows").1.split_once("\n]").expect("end").0;
    let mut checked = 0;
    for row in rows.lines().filter(|row| row.contains('(')) {
        let mut texts = row.split('"').skip(1).step_by(2);
        let (title, path) = (texts.next().expect("a title"), texts.next().expect("a path"));
        let shown = table.iter().find(|row| row[0] == title);
        let shown = shown.unwrap_or_else(|| panic!("benches/README.md lacks {title}"));
        for (program, cell) in table[0].iter().zip(shown).skip(1) {
            let ratio = cell.split(['(', ')']).nth(1).and_then(|ratio| ratio.parse::<f64>().ok());
            if let Some(ratio) = ratio {
                let measured = measured["times_inadyn"][program][path].as_f64().expect("a ratio");
                // Both are rounded: to two places there, to three here.
                assert!((ratio - measured).abs() < 0.0056, "{title}: {program}: {measured}");
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "only {checked} ratios were compared");
}

/// The cells of a table's row with at least two of them.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    (cells.len() > 1).then_some(cells)
}

/// The parts of the Makefile and the targets they bring.
const PARTS: [(&str, &[&str]); 7] = [
    ("Makefile", &["help", "demo", "test", "lint", "deny", "release-check", "fuzz", "clean"]),
    ("cross/cross.mk", &["cross", "test-cross", "release"]),
    ("openwrt/openwrt.mk", &["packages", "source", "feed", "feed-key", "openwrt-lint"]),
    ("openwrt/luci/page.mk", &["luci-lint", "luci-test", "luci-texts"]),
    ("openwrt/router/router.mk", &["router-test"]),
    ("benches/bench.mk", &["bench", "bench-chains", "bench-fleet"]),
    ("debian/debian.mk", &["debs", "deb-test", "completions", "copyright"]),
];

/// Every target that a rule of one of the makefiles makes.
fn make_targets() -> Vec<String> {
    let mut targets = Vec::new();
    for (path, _) in PARTS.iter().filter(|(path, _)| root().join(path).exists()) {
        let makefile = read(path);
        let rules = makefile.lines().filter(|line| !line.starts_with(['\t', '#', '.', ' ']));
        let rules = rules.filter_map(|line| line.split_once(':'));
        let rules = rules.filter(|(_, rest)| !rest.starts_with('='));
        targets.extend(rules.flat_map(|(names, _)| names.split(' ').map(String::from)));
    }
    targets
}

#[test]
fn every_make_target_that_a_document_names_exists() {
    let known = make_targets();
    for path in tracked_with(".md") {
        let document = read(&path);
        for named in document.split("`make ").skip(1).filter_map(|rest| rest.split('`').next()) {
            for target in named.split_whitespace().take_while(|word| !word.contains('=')) {
                let is_known = known.iter().any(|known| known == target);
                assert!(is_known, "{path} names make {target}, which does not exist");
            }
        }
    }
    for (path, targets) in PARTS.iter().filter(|(path, _)| root().join(path).exists()) {
        for target in *targets {
            assert!(known.iter().any(|known| known == target), "{path} lacks make {target}");
        }
    }
}

#[test]
fn the_changelog_has_this_version_first() {
    let changelog = read("CHANGELOG.md");
    let first = changelog.lines().find_map(|line| line.strip_prefix("## [")).expect("a version");
    let version = first.split(']').next().unwrap_or_default();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
}
