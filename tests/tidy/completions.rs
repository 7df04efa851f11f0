//! The shells' completions are those of the table of commands, which `make completions` renews.

use std::fmt::Write as _;
use std::process::Command;

use dynhost::cli::{COMMANDS, COMMON, Flag, LEVELS, Verb};

use super::{read, root};

const HEAD: &str = "dynhost's commands and options, written by `make completions`.";
/// The first word of the lines of the table that have no blank before them.
const HOSTS: &str = "dynhost status 2> /dev/null | sed -n 's/^\\([^ ]\\{1,\\}\\)  .*/\\1/p'";

#[test]
fn the_completions_are_those_of_the_table_of_commands() {
    let files = [("dynhost.bash", bash()), ("_dynhost", zsh()), ("dynhost.fish", fish())];
    for (name, wanted) in files {
        let path = format!("debian/completions/{name}");
        if std::env::var_os("DYNHOST_WRITE_COMPLETIONS").is_some() {
            std::fs::write(root().join(&path), &wanted).expect("it can be written");
        }
        assert!(read(&path) == wanted, "{path} is not that of the table: make completions");
    }
}

/// What bash offers behind these words, of which the last is begun.
fn offered(words: &[&str]) -> Vec<String> {
    let script = format!(
        ". {}; dynhost() {{ printf 'home  home.example.com  ipv4  current\\n    last x  y\\n'; }}\n\
         COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _dynhost; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        root().join("debian/completions/dynhost.bash").display()
    );
    let output = Command::new("bash").args(["-c", &script, "bash"]).args(words).output();
    let output = output.expect("bash runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let offered = String::from_utf8(output.stdout).expect("UTF-8");
    offered.lines().filter(|line| !line.is_empty()).map(String::from).collect()
}

#[test]
fn bash_offers_what_fits() {
    let rows: [(&[&str], &[&str]); 9] = [
        (&["dynhost", "up"], &["update"]),
        (&["dynhost", "--st"], &["--state-dir"]),
        (&["dynhost", "--log-level", "w"], &["warn"]),
        (&["dynhost", "--config", "x", "sta"], &["status"]),
        (&["dynhost", "update", "--f"], &["--force"]),
        (&["dynhost", "update", "h"], &["home"]),
        (&["dynhost", "resume", "h"], &["home"]),
        (&["dynhost", "check", "--f"], &[]),
        (&["dynhost", "status", "--log-level", "info", "--j"], &["--json"]),
    ];
    for (words, expected) in rows {
        assert_eq!(offered(words), expected, "{words:?}");
    }
}

#[test]
fn the_shells_that_are_here_can_read_theirs() {
    for (shell, file) in [("bash", "dynhost.bash"), ("zsh", "_dynhost"), ("fish", "dynhost.fish")] {
        let path = root().join("debian/completions").join(file);
        match Command::new(shell).arg("-n").arg(path).output() {
            Ok(output) => assert!(output.status.success(), "{shell}: {output:?}"),
            Err(_) => eprintln!("left out: there is no {shell}"),
        }
    }
}

fn has_hosts(verb: &Verb) -> bool {
    verb.operands.contains("HOST")
}

fn names<'a>(flags: impl IntoIterator<Item = &'a Flag>) -> String {
    flags.into_iter().map(|flag| format!(" --{}", flag.name)).collect()
}

fn verbs(between: &str) -> String {
    COMMANDS.map(|verb| verb.name).join(between)
}

fn with_value() -> impl Iterator<Item = &'static Flag> {
    let own = COMMANDS.iter().flat_map(|verb| verb.flags);
    COMMON.iter().chain(own).filter(|flag| !flag.value.is_empty())
}

fn bash() -> String {
    let values: Vec<_> = with_value().map(|flag| format!("--{}", flag.name)).collect();
    let values = values.join(" | ");
    let mut text = format!(
        "# {HEAD}\n\
         _dynhost() {{\n\tlocal cur=${{COMP_WORDS[COMP_CWORD]}} verb='' words='' kind=-W i\n\
         \tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase ${{COMP_WORDS[i]}} in\n\
         \t\t{values}) ((i++)) ;;\n\
         \t\t{})\n\t\t\tverb=${{COMP_WORDS[i]}}\n\t\t\tbreak\n\t\t\t;;\n\t\tesac\n\tdone\n\
         \tcase ${{COMP_WORDS[COMP_CWORD - 1]}} in\n",
        verbs(" | ")
    );
    for flag in with_value() {
        let action = match flag.value {
            "FILE" => "kind=-f".to_owned(),
            "DIR" => "kind=-d".to_owned(),
            LEVELS => format!("words='{}'", LEVELS.replace('|', " ")),
            _ => "kind=''".to_owned(),
        };
        let _ = writeln!(text, "\t--{}) {action} ;;", flag.name);
    }
    text += "\t*)\n\t\tcase $verb in\n";
    for verb in &COMMANDS {
        let words = format!("{}{}", names(verb.flags), names(&COMMON));
        let hosts = if has_hosts(verb) { format!("\" $({HOSTS})\"") } else { String::new() };
        let _ = writeln!(text, "\t\t{}) words='{}'{hosts} ;;", verb.name, words.trim());
    }
    let first = format!("{}{} --version --help", verbs(" "), names(&COMMON));
    let _ = write!(text, "\t\t*) words='{first}' ;;\n\t\tesac\n\t\t;;\n\tesac\n");
    text + "\tcase $kind in\n\
        \t-W) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n\
        \t-*) mapfile -t COMPREPLY < <(compgen \"$kind\" -- \"$cur\") ;;\n\
        \t*) COMPREPLY=() ;;\n\tesac\n}\ncomplete -o filenames -F _dynhost dynhost\n"
}

/// One argument of zsh's `_arguments`.
fn zsh_flag(Flag { name, value, meaning }: &Flag) -> String {
    let meaning = meaning.replace('\'', "'\\''");
    let action = match *value {
        "" => String::new(),
        "FILE" => ":file:_files".into(),
        "DIR" => ":directory:_files -/".into(),
        LEVELS => format!(":level:({})", LEVELS.replace('|', " ")),
        _ => ":name:".into(),
    };
    format!("'--{name}[{meaning}]{action}'")
}

fn zsh() -> String {
    let indented = |flags: &[Flag], indent: &str| -> String {
        flags.iter().map(|flag| format!("{indent}{}", zsh_flag(flag))).collect()
    };
    let mut text = format!(
        "#compdef dynhost\n# {HEAD}\n\n_dynhost_hosts() {{\n\tlocal -a hosts\n\
         \thosts=(${{(f)\"$({HOSTS})\"}})\n\tcompadd -a hosts\n}}\n\n_dynhost() {{\n\
         \tlocal curcontext=$curcontext state line\n\ttypeset -A opt_args\n\
         \tlocal -a common commands\n\tcommon=({}\n\t)\n\tcommands=(\n",
        indented(&COMMON, "\n\t\t")
    );
    for Verb { name, meaning, .. } in &COMMANDS {
        let meaning = meaning.replace(':', "\\:").replace('\'', "'\\''");
        let _ = writeln!(text, "\t\t'{name}:{meaning}'");
    }
    text += "\t)\n\t_arguments -C $common '(- *)--version[print the version]' \\\n\
        \t\t'(- *)--help[print the help]' '1:command:->command' '*::argument:->argument'\n\
        \tcase $state in\n\tcommand) _describe command commands ;;\n\
        \targument)\n\t\tcase $words[1] in\n";
    for verb in &COMMANDS {
        let hosts = if has_hosts(verb) { " '*:host:_dynhost_hosts'" } else { "" };
        let flags = indented(verb.flags, " ");
        let _ = writeln!(text, "\t\t{}) _arguments $common{flags}{hosts} ;;", verb.name);
    }
    text + "\t\tesac\n\t\t;;\n\tesac\n}\n\n_dynhost \"$@\"\n"
}

/// One line of fish, for an option.
fn fish_flag(condition: &str, Flag { name, value, meaning }: &Flag) -> String {
    let meaning = meaning.replace('\'', "\\'");
    let action = match *value {
        "" => String::new(),
        "FILE" => " -r -F".into(),
        "DIR" => " -x -a '(__fish_complete_directories)'".into(),
        LEVELS => format!(" -x -a '{}'", LEVELS.replace('|', " ")),
        _ => " -x".into(),
    };
    format!("complete -c dynhost{condition} -l {name}{action} -d '{meaning}'\n")
}

fn fish() -> String {
    let seen = |name: &str| format!(" -n '__fish_seen_subcommand_from {name}'");
    let none = format!(" -n 'not __fish_seen_subcommand_from {}'", verbs(" "));
    let hosts = HOSTS.replace("2> /dev/null", "2>/dev/null").replace('\\', "\\\\");
    let mut text =
        format!("# {HEAD}\nfunction __dynhost_hosts\n    {hosts}\nend\n\ncomplete -c dynhost -f\n");
    text.extend(COMMON.iter().map(|flag| fish_flag("", flag)));
    for (name, meaning) in [("version", "print the version"), ("help", "print the help")] {
        text += &fish_flag(&none, &Flag { name, value: "", meaning });
    }
    for verb in &COMMANDS {
        let Verb { name, meaning, flags, .. } = verb;
        let _ = writeln!(text, "complete -c dynhost{none} -a {name} -d '{meaning}'");
        text.extend(flags.iter().map(|flag| fish_flag(&seen(name), flag)));
        if has_hosts(verb) {
            let _ = writeln!(text, "complete -c dynhost{} -a '(__dynhost_hosts)'", seen(name));
        }
    }
    text
}
