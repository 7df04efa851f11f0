//! The agent's own process, with a configuration and a state directory of its own.
//!
//! `DYNHOST_BIN` names another binary than the one cargo built, `DYNHOST_RUNNER` a program that
//! runs it (an emulator for a foreign one).

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::temp::TempDir;

/// Longer than the agent's own 30 s for a call, so that its own limit is what is seen.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// A configuration and a state directory; the process comes with `run` and `spawn`.
#[derive(Debug)]
pub struct Agent {
    command: Vec<OsString>,
    directory: TempDir,
    environment: Vec<(String, String)>,
}

impl Agent {
    /// An agent whose configuration file, of mode 0600, holds this UCI text.
    pub fn new(config: &str) -> Self {
        let built = || OsString::from(env!("CARGO_BIN_EXE_dynhost"));
        let binary = std::env::var_os("DYNHOST_BIN").unwrap_or_else(built);
        Self::of_command(std::env::var_os("DYNHOST_RUNNER").into_iter().chain([binary]), config)
    }

    /// Whether a runner stands between test and agent; it says why the test is then left out.
    ///
    /// For the few tests of what the kernel does to the process itself: an emulator's process has
    /// its own time, limits and entry in `/proc`.
    pub fn is_emulated(why: &str) -> bool {
        let runner = std::env::var_os("DYNHOST_RUNNER");
        if let Some(runner) = &runner {
            eprintln!("left out under {}: {why}", runner.to_string_lossy());
        }
        runner.is_some()
    }

    /// The same with another program, and what comes before the agent's own arguments.
    pub fn of_command(command: impl IntoIterator<Item = OsString>, config: &str) -> Self {
        let command = command.into_iter().collect();
        let agent = Self { command, directory: TempDir::new(), environment: Vec::new() };
        agent.configure(config);
        agent
    }

    /// Replaces the configuration.
    pub fn configure(&self, config: &str) {
        let path = self.config_file();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options
            .open(&path)
            .and_then(|mut file| file.write_all(config.as_bytes()))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }

    /// Sets a variable in the environment of every process started from here.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }

    /// Where the configuration is.
    pub fn config_file(&self) -> PathBuf {
        self.directory.path().join("dynhost.conf")
    }

    /// Where the state goes; the agent creates it.
    pub fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// The state file; panics if there is none or it is not JSON.
    pub fn state_json(&self) -> serde_json::Value {
        let path = self.state_file();
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{} is not JSON: {error}: {text}", path.display()))
    }

    /// Where the state is, once there is one.
    pub fn state_file(&self) -> PathBuf {
        self.state_dir().join("state.json")
    }

    /// One record of the state file; panics if there is none of that host.
    pub fn record(&self, host: &str) -> serde_json::Value {
        let state = self.state_json();
        let mut records = state["records"].as_array().into_iter().flatten();
        let found = records.find(|record| record["host"] == host).cloned();
        found.unwrap_or_else(|| panic!("no record of {host} in {state}"))
    }

    /// Changes the first record of the state file.
    pub fn edit_record(&self, edit: impl FnOnce(&mut serde_json::Value)) {
        let mut state = self.state_json();
        edit(&mut state["records"][0]);
        self.write_state(state.to_string().as_bytes());
    }

    /// Makes the first record's last update so much older.
    pub fn age_last(&self, seconds: u64) {
        self.edit_record(|record| {
            let at = record["last"]["at"].as_u64().expect("there was an update");
            record["last"]["at"] = (at - seconds).into();
        });
    }

    /// Puts these bytes in the state file's place.
    pub fn write_state(&self, content: &[u8]) {
        let path = self.state_file();
        std::fs::write(&path, content)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }

    /// Runs to the end; panics, and ends that process, if it takes longer than a minute.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.spawn(arguments).wait(TIME_LIMIT)
    }

    /// Starts it in the calling thread's network namespace and lets it run.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        Running::start(self.process(arguments))
    }

    /// What `spawn` starts, for a test that changes its surroundings first.
    pub fn process(&self, arguments: &[&str]) -> Command {
        let (program, first) = self.command.split_first().expect("a command has a program");
        let mut command = Command::new(program);
        command.args(first);
        command.arg("--config").arg(self.config_file());
        command.arg("--state-dir").arg(self.state_dir()).args(arguments);
        self.surround(&mut command);
        command
    }

    /// The same behind `sh -c SCRIPT`, which finds it as `"$@"`.
    pub fn process_in_shell(&self, script: &str, arguments: &[&str]) -> Command {
        let inner = self.process(arguments);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "sh"]).arg(inner.get_program()).args(inner.get_args());
        self.surround(&mut command);
        command
    }

    fn surround(&self, command: &mut Command) {
        command.env_remove("STATE_DIRECTORY").envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }
}

#[derive(Clone, Copy, Debug)]
enum Stream {
    Stdout,
    Stderr,
}

/// Passes on what the process writes, line by line; the sender is dropped at the end.
fn follow(
    output: Option<impl Read + Send + 'static>,
    stream: Stream,
    sender: Sender<(Stream, String)>,
) {
    // A test that keeps a stream for itself reads it itself.
    let Some(output) = output else { return };
    let mut reader = BufReader::new(output);
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|length| length > 0) {
            let line = String::from_utf8_lossy(&bytes).into_owned();
            bytes.clear();
            if sender.send((stream, line)).is_err() {
                return;
            }
        }
    });
}

/// A process that has not been waited for; dropping it ends it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<(Stream, String)>,
    stdout: String,
    stderr: String,
}

impl Running {
    /// Starts a process; of its outputs those are followed that are pipes.
    pub fn start(mut command: Command) -> Self {
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (sender, lines) = channel();
        follow(child.stdout.take(), Stream::Stdout, sender.clone());
        follow(child.stderr.take(), Stream::Stderr, sender);
        Self { child, lines, stdout: String::new(), stderr: String::new() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal)
            .unwrap_or_else(|error| panic!("cannot signal the agent: {error}"));
    }

    /// Waits until stderr has `text` in a line not seen before; panics if that takes too long.
    pub fn wait_for_log(&mut self, text: &str, limit: Duration) -> String {
        let deadline = Instant::now() + limit;
        loop {
            match self.next_line(deadline) {
                Some((Stream::Stderr, line)) if line.contains(text) => return line,
                Some(_) => {}
                None => panic!("no {text:?} in the log within {limit:?}:\n{}", self.stderr),
            }
        }
    }

    /// Ends it at once, as a power cut does, and waits for that.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        self.child.wait().expect("the agent was not waited for before");
    }

    /// Waits for the end; panics, and ends the process, if that takes longer than `limit`.
    pub fn wait(self, limit: Duration) -> Output {
        self.wait_at_most(limit).unwrap_or_else(|late| panic!("{late}"))
    }

    /// Waits for the end; if that takes longer than `limit`, ends the process and says so.
    pub fn wait_at_most(mut self, limit: Duration) -> Result<Output, String> {
        let deadline = Instant::now() + limit;
        while self.next_line(deadline).is_some() {}
        // Where the test keeps both streams for itself there is nothing to read to the end of.
        while !self.has_ended() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        if !self.has_ended() {
            let said = format!("{}{}", self.stdout, self.stderr);
            return Err(format!("still running after {limit:?}:\n{said}"));
        }
        let status = self.child.wait().expect("the agent was not waited for before");
        Ok(Output { status, stdout: self.stdout.clone(), stderr: self.stderr.clone() })
    }

    /// Whether the process is no more.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked for").is_some()
    }

    /// The next line of either stream; `None` after the deadline or at the end of both.
    fn next_line(&mut self, deadline: Instant) -> Option<(Stream, String)> {
        let left = deadline.saturating_duration_since(Instant::now());
        let (stream, line) = self.lines.recv_timeout(left).ok()?;
        match stream {
            Stream::Stdout => self.stdout.push_str(&line),
            Stream::Stderr => self.stderr.push_str(&line),
        }
        Some((stream, line))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After `wait` both are no-ops.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process left behind.
#[derive(Clone, Debug)]
pub struct Output {
    status: ExitStatus,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
}

/// An exit code, and the RESULT of each line; equal to `(0, "updated held")`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdict(pub i32, pub Vec<String>);

impl PartialEq<(i32, &str)> for Verdict {
    fn eq(&self, (code, results): &(i32, &str)) -> bool {
        self.0 == *code && self.1.join(" ") == *results
    }
}

/// For many lines of one kind.
impl PartialEq<(i32, Vec<String>)> for Verdict {
    fn eq(&self, (code, results): &(i32, Vec<String>)) -> bool {
        (&self.0, &self.1) == (code, results)
    }
}

impl Output {
    /// The exit code and the RESULT of each line: what a script acts on.
    pub fn verdict(&self) -> Verdict {
        Verdict(self.code(), self.lines().into_iter().map(|line| line.result).collect())
    }

    /// How the process ended.
    pub fn status(&self) -> ExitStatus {
        self.status
    }

    /// All of both streams.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The exit code; panics if a signal ended the process.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by {}: {}", self.status, self.stderr))
    }

    /// The lines of `update`, in order; panics at one that has not five fields.
    pub fn lines(&self) -> Vec<Line> {
        self.stdout.lines().map(Line::parse).collect()
    }
}

/// `HOST FAMILY RESULT ADDRESS TEXT`, one for each record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The section's name.
    pub host: String,
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// `updated`, `unchanged`, ...
    pub result: String,
    /// The address, or `-`.
    pub address: String,
    /// A sentence.
    pub text: String,
}

impl Line {
    fn parse(line: &str) -> Self {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let [host, family, result, address, text] = <[String; 5]>::try_from(fields)
            .unwrap_or_else(|_| panic!("not HOST FAMILY RESULT ADDRESS TEXT: {line:?}"));
        Self { host, family, result, address, text }
    }
}
