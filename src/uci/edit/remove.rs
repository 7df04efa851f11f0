//! Takes a section out of a text; comments, and every other section, stay.

use super::patch::Patches;
use super::{Refusal, Target, check, is_kind, is_name, own_commands, scan::scan};
use crate::uci::parse;

/// The text without that section; as it is if there is none.
///
/// # Errors
/// A [`Refusal`], and then there is nothing to write.
pub fn remove(text: &[u8], target: Target<'_>) -> Result<Vec<u8>, Refusal> {
    if text.contains(&0) {
        return Err(Refusal::ZeroByte);
    }
    if !is_name(target.name) || !is_kind(target.kind) {
        return Err(Refusal::BadName);
    }
    let before = parse(text);
    if let Some(fault) = before.faults.first() {
        return Err(Refusal::Faulty(fault.line, fault.text.clone()));
    }
    let named = before.sections.iter().find(|s| s.name.as_deref() == Some(target.name));
    let Some(section) = named else { return Ok(text.to_vec()) };
    if section.kind != target.kind {
        return Err(Refusal::Taken(section.line));
    }
    let commands = scan(text).map_err(|fault| Refusal::Faulty(fault.line, fault.text))?;
    let mut patches = Patches::new(text);
    for command in own_commands(&commands, target.name) {
        patches.remove(command);
    }
    let after = patches.apply();
    check::reads_without(&before, &after, target).map_err(Refusal::Unfit)?;
    Ok(after)
}
