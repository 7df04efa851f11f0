//! The request log: what arrived, on which connection, and what was given for it.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::request::Request;

/// A request as it was logged, before its reply left.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Arrival on the wall clock.
    pub at: SystemTime,
    /// Arrival on the monotonic clock.
    pub instant: Instant,
    /// The request, headers and all.
    pub request: Request,
    /// The login of its `Authorization` header.
    pub login: Option<String>,
    /// Name of the TLS version, as rustls has it: `TLSv1_3`.
    pub tls_version: String,
    /// The connection it came on, counted from 1.
    pub connection: usize,
    /// Status and first line of the reply, or what happened instead.
    pub reply: String,
}

impl Logged {
    /// Parameter `hostname` of the request.
    pub fn hostname(&self) -> Option<String> {
        self.request.parameter("hostname")
    }

    /// Parameter `myip` of the request.
    pub fn myip(&self) -> Option<String> {
        self.request.parameter("myip")
    }

    /// One line for the log file, tab-separated, without any header and so without a password.
    fn line(&self) -> String {
        let since_1970 = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let fields = [
            format!("{}.{:03}", since_1970.as_secs(), since_1970.subsec_millis()),
            self.connection.to_string(),
            self.tls_version.clone(),
            self.login.clone().unwrap_or_else(|| String::from("-")),
            self.request.method.clone(),
            self.request.target.clone(),
            self.reply.clone(),
        ];
        fields.join("\t").replace(['\r', '\n'], " ")
    }
}

/// Every request so far, in memory and, if wanted, in a file.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<Vec<Logged>>,
    added: Condvar,
    file: Option<File>,
}

impl Journal {
    /// A journal that also appends to `file`.
    pub fn with_file(file: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(file)?;
        Ok(Self { file: Some(file), ..Self::default() })
    }

    /// Adds one.
    pub fn add(&self, entry: Logged) {
        if let Some(mut file) = self.file.as_ref() {
            let line = entry.line() + "\n";
            file.write_all(line.as_bytes())
                .unwrap_or_else(|error| panic!("cannot write the request log: {error}"));
        }
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        self.added.notify_all();
    }

    /// All of them, in the order they arrived.
    pub fn entries(&self) -> Vec<Logged> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until there are at least `count`; `false` if that took longer than `timeout`.
    pub fn wait_for(&self, count: usize, timeout: Duration) -> bool {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let too_few = |entries: &mut Vec<Logged>| entries.len() < count;
        let waited = self.added.wait_timeout_while(entries, timeout, too_few);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}
