//! Every option there is: what documents, man page and examples are compared with.

use super::table::{OptionDoc, docs};
use super::{AgentOptions, host, provider};

/// Every option of every section type, in the order to document them.
pub fn options() -> impl Iterator<Item = OptionDoc> {
    let agent = docs::<AgentOptions>();
    let provider = docs::<provider::Draft>();
    let host = docs::<host::Draft>();
    agent.chain(provider).chain(host)
}
