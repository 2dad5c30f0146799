//! Why a row was left out, as a database keeps it: sentences of the catalogue in English, each with what
//! [`crate::domain::finding::Finding::reason`] puts behind it in brackets.

use crate::domain::finding::Code;
use crate::language::{Language, current, said, said_or_same};

/// A kept reason in the language that is spoken. Details that are no constant text stay as they are.
pub(crate) fn spoken(kept: &str) -> String {
    if current() == Language::En {
        return kept.to_owned();
    }
    let mut text = String::new();
    let mut rest = kept;
    while let Some((before, meaning, after)) = next_meaning(rest) {
        text.push_str(&spoken_detail(before));
        text.push_str(said(meaning));
        rest = after;
    }
    text + &spoken_detail(rest)
}

/// The first sentence of the catalogue in a text, and what stands around it; of two that begin alike, the longer one.
fn next_meaning(text: &str) -> Option<(&str, &'static str, &str)> {
    let meanings = Code::ALL.iter().map(|code| code.info().meaning);
    let found = meanings.filter_map(|meaning| Some((text.find(meaning)?, meaning)));
    let (at, meaning) = found.min_by_key(|(at, meaning)| (*at, std::cmp::Reverse(meaning.len())))?;
    Some((&text[..at], meaning, &text[at + meaning.len()..]))
}

/// What stands behind a sentence: ` (detail)`, and the column of the next one.
fn spoken_detail(text: &str) -> String {
    let bracketed = text.strip_prefix(" (").and_then(|inner| inner.rsplit_once(')'));
    let Some((detail, after)) = bracketed else { return text.to_owned() };
    let (quoted, why) = detail.rsplit_once("\": ").map_or(("", detail), |(cell, why)| (cell, why));
    let sign = if quoted.is_empty() { "" } else { "\": " };
    format!(" ({quoted}{sign}{}){after}", said_or_same(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cell_reader::CellReader;
    use crate::domain::money::MoneyStyle;
    use crate::language::speak;

    #[test]
    fn a_kept_reason_is_said_in_indonesian() {
        let mut reader = CellReader::default();
        reader.amount("amount", "1,5 jt", MoneyStyle::Checklist);
        reader.email("buyer_email", "siapa@");
        let findings = &reader.findings;
        let kept: Vec<String> =
            findings.iter().map(|one| format!("{}: {}", one.column.unwrap(), one.reason())).collect();
        let kept = kept.join(" ");
        assert_eq!(spoken(&kept), kept);
        speak(Language::Id);
        let said = spoken(&kept);
        speak(Language::En);
        assert_eq!(
            said,
            "amount: Nominalnya tidak dapat dibaca tanpa menebak. (\"1,5 jt\": nominalnya disingkat; tulislah utuh) buyer_email: \
             Alamat surelnya tidak sah. (ini bukan alamat surel)"
        );
    }
}
