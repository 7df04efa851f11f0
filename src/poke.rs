//! What `update` and `resume` ask of the agent that stays, and what it answers: lines of text.
//!
//! ```text
//! dynhost 1              home  ipv4  updated  81.2.69.10  IP changed ...
//! host home              exit 0
//! force
//! end
//! ```
//!
//! In scope: the bytes. Out of scope: the socket, which [`crate::io::state_dir`] has. The last
//! line tells a message that is whole from one that was cut.

use crate::config::MAX_HOSTS;

/// Longest request, in bytes; a longer one is no request.
pub const REQUEST_MAX: usize = 8 * 1024;
/// Longest answer, in bytes: two lines for each host of the largest configuration take a quarter.
pub const ANSWER_MAX: usize = 256 * 1024;
/// Most names in each list of a request.
pub const NAMES_MAX: usize = MAX_HOSTS;
/// Longest name, in bytes; those of hosts and interfaces have 32.
pub const NAME_MAX: usize = 64;

const FIRST: &str = "dynhost 1";
const END: &str = "end";

/// What is asked for; without a name, a look at everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Only these hosts are answered for; all if empty.
    pub hosts: Vec<String>,
    /// Only hosts on this logical interface are.
    pub interface: Option<String>,
    /// They are sent even if their address is published.
    pub force: bool,
    /// Hosts whose hold is released.
    pub resume: Vec<String>,
    /// The configuration is read again before.
    pub reread: bool,
}

/// What a pass came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What `update` prints: empty, or whole lines.
    pub lines: String,
    /// What it exits with.
    pub exit: u8,
}

/// Bytes that no further bytes make a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garbled;

impl Request {
    /// The request as bytes; `None` if a name or a list is past its limit.
    #[must_use]
    pub fn encode(&self) -> Option<String> {
        let Self { hosts, interface, force, resume, reread } = self;
        let mut names = hosts.iter().chain(interface).chain(resume);
        let is_small = hosts.len() <= NAMES_MAX && resume.len() <= NAMES_MAX;
        if !is_small || !names.all(|name| is_name(name)) {
            return None;
        }
        let mut text = format!("{FIRST}\n");
        let interface = interface.as_slice();
        for (verb, names) in [("host", &hosts[..]), ("interface", interface), ("resume", resume)] {
            text.extend(names.iter().map(|name| format!("{verb} {name}\n")));
        }
        text += if *force { "force\n" } else { "" };
        text += if *reread { "reread\n" } else { "" };
        Some(text + END + "\n")
    }

    /// The request, or `None` while its end is still to come.
    ///
    /// # Errors
    /// [`Garbled`] if it will never be one.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Garbled> {
        if bytes.len() > REQUEST_MAX {
            return Err(Garbled);
        }
        let mut request = Self::default();
        let mut rest = bytes;
        let mut is_first = true;
        while let Some(length) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, behind) = rest.split_at(length);
            rest = behind.get(1..).unwrap_or_default();
            let line = std::str::from_utf8(line).map_err(|_| Garbled)?;
            match (is_first, line) {
                (true, FIRST) => is_first = false,
                (true, _) => return Err(Garbled),
                (false, END) if rest.is_empty() => return Ok(Some(request)),
                (false, line) => request.take(line)?,
            }
        }
        Ok(None)
    }

    fn take(&mut self, line: &str) -> Result<(), Garbled> {
        match line {
            "force" => self.force = true,
            "reread" => self.reread = true,
            line => return self.take_name(line),
        }
        Ok(())
    }

    fn take_name(&mut self, line: &str) -> Result<(), Garbled> {
        let (verb, name) = line.split_once(' ').ok_or(Garbled)?;
        if !is_name(name) {
            return Err(Garbled);
        }
        let list = match verb {
            "host" => &mut self.hosts,
            "resume" => &mut self.resume,
            "interface" if self.interface.is_none() => {
                self.interface = Some(name.into());
                return Ok(());
            }
            _ => return Err(Garbled),
        };
        if list.len() >= NAMES_MAX {
            return Err(Garbled);
        }
        list.push(name.into());
        Ok(())
    }
}

impl Answer {
    /// The answer as bytes.
    #[must_use]
    pub fn encode(lines: &str, exit: u8) -> String {
        let newline = if lines.is_empty() || lines.ends_with('\n') { "" } else { "\n" };
        format!("{lines}{newline}exit {exit}\n")
    }

    /// What was received until the other side closed; `None` if it closed too early.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let start = text.rfind('\n').map_or(0, |newline| newline + 1);
        let (lines, last) = text.split_at(start);
        let exit = last.strip_prefix("exit ")?;
        let is_number = exit.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self { lines: lines.into(), exit: exit.parse().ok().filter(|_| is_number)? })
    }
}

/// Printable ASCII without blanks, so that no name can be two words or two lines.
fn is_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Request {
        Request {
            hosts: vec!["home".into(), "@host[1]".into()],
            interface: Some("wan_6".into()),
            force: true,
            resume: vec!["cabin".into()],
            reread: true,
        }
    }

    #[test]
    fn a_request_is_read_back_and_every_part_of_it_is_waited_for() {
        for request in [Request::default(), full()] {
            let text = request.encode().expect("within the limits");
            assert_eq!(Request::decode(text.as_bytes()), Ok(Some(request)), "{text}");
            for length in 0..text.len() {
                let part = &text.as_bytes()[..length];
                assert_eq!(Request::decode(part), Ok(None), "{length} of {text:?}");
            }
        }
    }

    #[test]
    fn what_can_never_be_a_request_is_told_at_once() {
        let long = format!("dynhost 1\nhost {}\n", "n".repeat(NAME_MAX + 1));
        let many = format!("dynhost 1\n{}", "host a\n".repeat(NAMES_MAX + 1));
        let rows = [
            "\n",
            "GET / HTTP/1.1\r\n",
            "dynhost 2\nend\n",
            "dynhost 1\n\n",
            "dynhost 1\nhost\n",
            "dynhost 1\nhost \n",
            "dynhost 1\nhost a b\n",
            "dynhost 1\nhost \u{e9}\n",
            "dynhost 1\nhost \x1b[2J\n",
            "dynhost 1\nforce home\n",
            "dynhost 1\ninterface wan\ninterface wan6\n",
            "dynhost 1\nquit\n",
            "dynhost 1\nend\nend\n",
            "dynhost 1\nend\nx",
            &long,
            &many,
        ];
        for row in rows {
            assert_eq!(Request::decode(row.as_bytes()), Err(Garbled), "{row:?}");
        }
        assert_eq!(Request::decode(b"\xff\n"), Err(Garbled));
        assert_eq!(Request::decode(&[b'd'; REQUEST_MAX]), Ok(None));
        assert_eq!(Request::decode(&[b'd'; REQUEST_MAX + 1]), Err(Garbled));
    }

    #[test]
    fn the_largest_request_fits_and_nothing_past_a_limit_is_sent() {
        let names = vec!["n".repeat(NAME_MAX); NAMES_MAX];
        let largest = Request {
            hosts: names.clone(),
            interface: Some("i".repeat(NAME_MAX)),
            force: true,
            resume: names,
            reread: true,
        };
        let text = largest.encode().expect("within the limits");
        assert!(text.len() <= REQUEST_MAX, "{}", text.len());
        assert_eq!(Request::decode(text.as_bytes()), Ok(Some(largest)));
        for name in ["", "a b", "wan\nforce", "\u{e9}", &"n".repeat(NAME_MAX + 1)] {
            let request = Request { interface: Some(name.into()), ..Request::default() };
            assert_eq!(request.encode(), None, "{name:?}");
        }
        let hosts = vec!["n".into(); NAMES_MAX + 1];
        assert_eq!(Request { hosts, ..Request::default() }.encode(), None);
    }

    #[test]
    fn an_answer_is_read_back_and_a_cut_one_is_none() {
        for (lines, exit) in [("", 0), ("home\tipv4\tupdated\t-\tx\n", 75), ("exit 0\n", 255)] {
            let text = Answer::encode(lines, exit);
            let answer = Answer { lines: lines.into(), exit };
            assert_eq!(Answer::decode(text.as_bytes()), Some(answer), "{text}");
        }
        assert_eq!(Answer::encode("a", 0), "a\nexit 0\n");
        let text = Answer::encode("home\tipv4\n", 64);
        for length in 0..text.len() {
            assert_eq!(Answer::decode(&text.as_bytes()[..length]), None, "{length}");
        }
        for text in ["exit\n", "exit \n", "exit 256\n", "exit +1\n", "exit 0\nx\n", "\n"] {
            assert_eq!(Answer::decode(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(Answer::decode(b"\xff\nexit 0\n"), None);
    }
}
