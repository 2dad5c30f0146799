//! What a format string names.

use std::collections::BTreeSet;

/// The names and numbers of a text's placeholders; those without a name are numbered as `format!` numbers them. Values of width
/// and precision that are given by a name (`{:<width$}`) belong to it.
pub(crate) fn names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut next = 0;
    let plain = text.replace("{{", "").replace("}}", "");
    for inner in plain.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        let (name, spec) = inner.split_once(':').unwrap_or((inner, ""));
        let name = if name.is_empty() { next.to_string() } else { name.to_owned() };
        next += usize::from(inner.is_empty() || inner.starts_with(':'));
        names.insert(name);
        let given = spec.split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '$'));
        names.extend(given.filter_map(|word| word.strip_suffix('$')).map(str::to_owned));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        names(text).into_iter().collect()
    }

    #[test]
    fn placeholders_are_known_by_name_and_number() {
        assert_eq!(of("no placeholder, {{not}} here"), [""; 0]);
        assert_eq!(of("{} of {}, {name:>5}"), ["0", "1", "name"]);
        assert_eq!(of("{1} dari {0}"), ["0", "1"]);
        assert_eq!(of("{:<width$}"), ["0", "width"]);
    }
}
