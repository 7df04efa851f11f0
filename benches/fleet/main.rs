//! What 100,000 agents do to a provider after a power cut, beside models of other clients.
//!
//! No network and no clock: the judgement of `src/judge` through its public API, a model of the
//! provider, and a queue of moments. The same seed gives the same figures on every machine.
// The rules of clippy.toml keep the agent pure; this is what it is tried against.
#![allow(clippy::disallowed_methods, unreachable_pub)]

mod chart;
mod clients;
mod crowd;
mod provider;
mod report;

use std::io::Write as _;
use std::path::Path;

use clients::{Ddclient, DdnsScripts, Dynhost, Inadyn};
use crowd::{Figures, Region, ideal, run};
use provider::{Above, Provider};

const HOUR: u64 = 3600 * 1000;

/// What happens to a region.
struct Scenario {
    /// As in the table.
    title: &'static str,
    provider: Provider,
}

/// The figures of one client, and of all clients in one scenario.
type Row = (&'static str, Figures);
type Rows = Vec<(&'static str, Vec<Row>)>;

fn scenarios() -> Vec<Scenario> {
    let above = |title, above| Scenario { title, provider: Provider::new(above) };
    let down = Provider { down_until: HOUR, ..Provider::new(Above::Refuse) };
    let asked = Above::Busy { status: 503, retry_after: Some(120) };
    vec![
        above("above 500/s it refuses", Above::Refuse),
        above("above 500/s it keeps silent", Above::Silence),
        above("above 500/s it answers 503", Above::Busy { status: 503, retry_after: None }),
        above("the same with Retry-After: 120", asked),
        above("above 500/s it answers 429", Above::Busy { status: 429, retry_after: None }),
        Scenario { title: "down for an hour, then refuses above 500/s", provider: down },
    ]
}

fn of_all(scenario: &Scenario, region: Region) -> Vec<Row> {
    let provider = scenario.provider;
    vec![
        ("ideal", ideal(provider, region)),
        ("dynhost", run(provider, region, Dynhost::new)),
        ("ddclient", run(provider, region, |_| Ddclient)),
        ("inadyn", run(provider, region, |_| Inadyn)),
        ("ddns-scripts", run(provider, region, |_| DdnsScripts)),
    ]
}

/// Requests in 30 days for 1,000 accounts of 100,000 whose login is rejected for ever.
fn rejected() -> Vec<(&'static str, u64)> {
    const ACCOUNTS: u32 = 1000;
    let all = |client: fn(u32) -> u64| (0..ACCOUNTS).map(client).sum();
    vec![
        ("ideal", u64::from(ACCOUNTS)),
        ("dynhost", all(|seed| crowd::month_of_rejections(&mut Dynhost::new(seed)))),
        ("ddclient", all(|_| crowd::month_of_rejections(&mut Ddclient))),
        ("inadyn", all(|_| crowd::month_of_rejections(&mut Inadyn))),
        ("ddns-scripts", all(|_| crowd::month_of_rejections(&mut DdnsScripts))),
    ]
}

fn main() -> std::io::Result<()> {
    let region = Region { lines: 100_000, spread: 60_000, seed: 0x5eed };
    let rows: Rows = scenarios().iter().map(|each| (each.title, of_all(each, region))).collect();
    let table = report::table(&rows, &rejected());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/fleet");
    let document = folder.join("README.md");
    let text = std::fs::read_to_string(&document)?;
    std::fs::write(document, report::replaced(&text, &table))?;
    std::fs::write(folder.join("chart.svg"), chart::svg(&rows))?;
    std::io::stdout().write_all(table.as_bytes())
}
