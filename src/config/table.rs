//! A section type as a table of its options, which drives parsing, "did you mean" and the docs.

use super::Severity;
use super::faults::Faults;
use super::suggest::nearest;
use crate::uci::{Section, Value};

/// One option, for documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionDoc {
    /// The section type: `agent`, `provider` or `host`.
    pub section: &'static str,
    /// The option's name.
    pub name: &'static str,
    /// What holds if it is not set; empty if it must be set or nothing takes its place.
    pub default: &'static str,
    /// What it does, in one line.
    pub meaning: &'static str,
}

/// The options of one section type, in the order to document them.
pub(super) fn docs<T: Described>() -> impl Iterator<Item = OptionDoc> {
    let section = T::SECTION;
    T::OPTIONS.iter().map(move |spec| {
        let Spec { name, default, meaning, .. } = *spec;
        OptionDoc { section, name, default, meaning }
    })
}

/// One option of a section that becomes a `T`.
pub(super) struct Spec<T: 'static> {
    name: &'static str,
    default: &'static str,
    meaning: &'static str,
    many: bool,
    shown: bool,
    set: Setter<T>,
}

/// Puts a value into a `T`; an error says what is allowed.
type Setter<T> = fn(&mut T, &str) -> Result<(), String>;

impl<T> Spec<T> {
    /// An option with one value.
    pub(super) const fn one(
        name: &'static str,
        default: &'static str,
        meaning: &'static str,
        set: Setter<T>,
    ) -> Self {
        Self { name, default, meaning, many: false, shown: true, set }
    }

    /// An option that may also be given as a list; each value is set by itself.
    pub(super) const fn each(
        name: &'static str,
        default: &'static str,
        meaning: &'static str,
        set: Setter<T>,
    ) -> Self {
        Self { name, default, meaning, many: true, shown: true, set }
    }

    /// An option with one value that may hold a password: no fault repeats it.
    pub(super) const fn hidden(
        name: &'static str,
        default: &'static str,
        meaning: &'static str,
        set: Setter<T>,
    ) -> Self {
        Self { name, default, meaning, many: false, shown: false, set }
    }

    fn set(&self, into: &mut T, value: &str) -> Result<(), String> {
        (self.set)(into, value).map_err(|allowed| match shown(value) {
            Some(value) if self.shown => format!("{} {value}: {allowed}", self.name),
            _ if value.contains('\n') => {
                format!("{}: {allowed} (it runs over several lines, is a quote lost?)", self.name)
            }
            _ => format!("{}: {allowed}", self.name),
        })
    }
}

/// What a section type is read into.
pub(super) trait Described: Sized + 'static {
    /// The section type.
    const SECTION: &'static str;
    /// How far a fault in one of its options reaches.
    const SEVERITY: Severity;
    /// Its options, in the order to document them.
    const OPTIONS: &'static [Spec<Self>];
}

/// Puts every option of a section into `into`; a faulty one stays unset, an unknown one warns.
pub(super) fn fill<T: Described>(section: &Section<'_>, into: &mut T, faults: &mut Faults<'_>) {
    for entry in &section.options {
        let Some(spec) = T::OPTIONS.iter().find(|spec| spec.name == entry.name) else {
            let near = nearest(&entry.name, T::OPTIONS.iter().map(|spec| spec.name));
            let allowed = near.map_or_else(
                || format!("a {} has none of that name", T::SECTION),
                |name| format!("did you mean '{name}'?"),
            );
            let name = shown(&entry.name).unwrap_or_else(|| "with a long name".into());
            let text = format!("unknown option {name}: {allowed}");
            faults.push(Severity::Warning, entry.line, text);
            continue;
        };
        let mut set = |line, value| {
            if let Err(mut text) = spec.set(into, value) {
                if T::SEVERITY == Severity::Warning {
                    text += ", the default is used";
                }
                faults.push(T::SEVERITY, line, text);
            }
        };
        match &entry.value {
            Value::String(value) => set(entry.line, value),
            Value::List(items) if spec.many => {
                for (line, value) in items {
                    set(*line, value);
                }
            }
            Value::List(items) => {
                let line = items.last().map_or(entry.line, |(line, _)| *line);
                let text = format!("{}: give it once, as option and not as list", spec.name);
                faults.push(T::SEVERITY, line, text);
            }
        }
    }
}

/// A setter's work for a field that has a default.
pub(super) fn put<F>(field: &mut F, value: Result<F, String>) -> Result<(), String> {
    *field = value?;
    Ok(())
}

/// A setter's work for a field that may stay unset.
pub(super) fn some<F>(field: &mut Option<F>, value: Result<F, String>) -> Result<(), String> {
    *field = Some(value?);
    Ok(())
}

/// Longest value that a fault repeats, in bytes.
const MAX_SHOWN: usize = 64;

/// The value in quotes, unless it is long or holds control characters: a lost quote makes values
/// that run over several lines, and one of those lines may be a password.
fn shown(value: &str) -> Option<String> {
    (value.len() <= MAX_SHOWN && !value.contains(char::is_control)).then(|| format!("'{value}'"))
}
