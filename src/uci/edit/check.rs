//! Does a text read as it was wanted to?

use super::super::{Parsed, Section, Value, parse};
use super::{Target, Wanted};

/// Whether the option is set like this.
pub(super) fn holds(section: &Section<'_>, name: &str, wanted: Wanted<'_>) -> bool {
    let value = section.option(name).map(|entry| &entry.value);
    match (wanted, value) {
        (Wanted::Absent | Wanted::Value("") | Wanted::List([]), None) => true,
        (Wanted::Value(wanted), Some(Value::String(value))) => wanted == value,
        (Wanted::List(wanted), Some(Value::List(items))) => {
            items.iter().map(|(_, item)| &**item).eq(wanted.iter().copied())
        }
        _ => false,
    }
}

/// The new text has the wanted options in that section, and all else as it was.
pub(super) fn reads_as_wanted(
    before: &Parsed<'_>,
    text: &[u8],
    target: Target<'_>,
    options: &[(&str, Wanted<'_>)],
) -> Result<(), String> {
    let after = parse(text);
    if let Some(fault) = after.faults.first() {
        return Err(fault.text.clone());
    }
    let is_target = |section: &&Section<'_>| section.name.as_deref() == Some(target.name);
    let section = after.sections.iter().find(is_target);
    let section = section.ok_or("the section is not found again")?;
    if !options.iter().all(|(name, wanted)| holds(section, name, *wanted)) {
        return Err(String::from("an option is given twice, or its value cannot be written"));
    }
    let is_other = |name: &str| !options.iter().any(|(changed, _)| *changed == name);
    let untouched = before.sections.iter().find(is_target).is_none_or(|earlier| {
        let others = |section: &Section<'_>| {
            section.options.iter().filter(|entry| is_other(&entry.name)).count()
        };
        let kept = earlier.options.iter().filter(|entry| is_other(&entry.name)).all(|entry| {
            section.option(&entry.name).is_some_and(|other| same(&entry.value, &other.value))
        });
        kept && others(earlier) == others(section)
    });
    let rest = |parsed: &Parsed<'_>| parsed.sections.iter().filter(|s| !is_target(s)).count();
    let others = before.sections.iter().filter(|section| !is_target(section));
    let others_after = after.sections.iter().filter(|section| !is_target(section));
    let same_rest = rest(before) == rest(&after) && others.zip(others_after).all(same_section);
    if untouched && same_rest { Ok(()) } else { Err(String::from("other lines would change")) }
}

/// The new text has all that the old one had, but not that section.
pub(super) fn reads_without(
    before: &Parsed<'_>,
    text: &[u8],
    target: Target<'_>,
) -> Result<(), String> {
    let after = parse(text);
    if let Some(fault) = after.faults.first() {
        return Err(fault.text.clone());
    }
    let others: Vec<_> =
        before.sections.iter().filter(|s| s.name.as_deref() != Some(target.name)).collect();
    let is_same = others.len() == after.sections.len()
        && others.into_iter().zip(&after.sections).all(same_section);
    if is_same { Ok(()) } else { Err(String::from("other lines would change")) }
}

fn same_section((one, other): (&Section<'_>, &Section<'_>)) -> bool {
    let same_entries = one
        .options
        .iter()
        .zip(&other.options)
        .all(|(one, other)| one.name == other.name && same(&one.value, &other.value));
    let same_head = one.kind == other.kind && one.name == other.name;
    same_head && one.options.len() == other.options.len() && same_entries
}

/// Lines aside.
fn same(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one == other,
        (Value::List(one), Value::List(other)) => {
            one.iter().map(|(_, item)| item).eq(other.iter().map(|(_, item)| item))
        }
        _ => false,
    }
}
