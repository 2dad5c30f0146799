//! What an order's `meta_data` says: the moves of its status, and a few figures.

use std::borrow::Cow;

use memchr::memmem;

use crate::extract::php_value::PhpValue;
use crate::extract::site_time::SiteTime;
use crate::extract::stored_text::{MendedTexts, encoded_once};
use crate::extract::words::{Word, Words};

/// One move of an order's status, as the plugin's log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusChange {
    /// When, by the site's clock.
    pub(crate) at: Option<SiteTime>,
    /// The status before.
    pub(crate) from: Word,
    /// The status after.
    pub(crate) to: Word,
}

/// In what state the data was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MetaState {
    /// As PHP has written it.
    #[default]
    Whole,
    /// Encoded twice, which was undone.
    EncodedTwice,
    /// Cut or otherwise broken: what could be read of its log was.
    Damaged,
}

/// What an order's data says.
#[derive(Debug, Default)]
pub(crate) struct OrderMeta {
    /// The moves, in order.
    pub(crate) moves: Vec<StatusChange>,
    /// The digits by which a transfer is told from others.
    pub(crate) unique_code: Option<Box<str>>,
    /// Rupiah that were paid from the wallet.
    pub(crate) wallet: Option<Box<str>>,
    /// The phone number of the delivery.
    pub(crate) phone: Option<Box<str>>,
    /// The coupon's code, as the order remembers it.
    pub(crate) coupon: Option<Box<str>>,
    /// In what state it was found.
    pub(crate) state: MetaState,
}

impl OrderMeta {
    /// Reads the data. What cannot be read is damage, and never an error.
    pub(crate) fn read(bytes: &[u8], words: &mut Words) -> Self {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::default();
        }
        if let Ok(value @ PhpValue::Array(_)) = PhpValue::parse(bytes) {
            return Self::of_value(&value, MetaState::Whole, words);
        }
        let once = std::str::from_utf8(bytes).ok().and_then(encoded_once);
        if let Some(once) = &once
            && let Ok(value @ PhpValue::Array(_)) = PhpValue::parse(once)
        {
            return Self::of_value(&value, MetaState::EncodedTwice, words);
        }
        let moves = salvaged(once.as_deref().unwrap_or(bytes), words);
        let moves = if moves.is_empty() { salvaged(bytes, words) } else { moves };
        Self { moves, state: MetaState::Damaged, ..Self::default() }
    }

    fn of_value(value: &PhpValue<'_>, state: MetaState, words: &mut Words) -> Self {
        let log = value.get("status_log");
        let moves =
            log.into_iter().flat_map(PhpValue::values).filter_map(|entry| one_move(entry, words)).collect();
        let text =
            |value: Option<&PhpValue<'_>>| value.and_then(PhpValue::scalar).map(String::into_boxed_str);
        Self {
            moves,
            unique_code: value
                .values()
                .find_map(|part| text(part.get("unique_code")))
                .filter(|code| &**code != "0"),
            wallet: text(value.get("wallet")).filter(|rupiah| &**rupiah != "0"),
            phone: text(value.get("shipping_data").and_then(|shipping| shipping.get("phone"))),
            coupon: text(value.get("coupon").and_then(|coupon| coupon.get("coupon"))),
            state,
        }
    }
}

/// A move of the log; the blank entries that an order is made with are none.
fn one_move(entry: &PhpValue<'_>, words: &mut Words) -> Option<StatusChange> {
    let status = |key| entry.get(key).and_then(PhpValue::text).map(|slug| MendedTexts::default().text(slug));
    let to = status("new_status").filter(|slug| !slug.is_empty())?;
    let from = status("old_status").unwrap_or(Cow::Borrowed(""));
    let at = entry.get("update_date").and_then(PhpValue::text).and_then(SiteTime::of_log);
    Some(StatusChange { at, from: words.of(&from), to: words.of(&to) })
}

/// The whole entries of the log in data that is broken elsewhere.
fn salvaged(bytes: &[u8], words: &mut Words) -> Vec<StatusChange> {
    const FIRST_KEY: &[u8] = b":{s:8:\"order_id\";";
    let entry = |at: usize| {
        let count = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let start = (at - count).checked_sub(2).filter(|start| bytes[*start..].starts_with(b"a:"))?;
        let (value, _) = PhpValue::parse_front(&bytes[start..]).ok()?;
        one_move(&value, words)
    };
    memmem::find_iter(bytes, FIRST_KEY).filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        format!("s:{}:\"{text}\";", text.len())
    }

    fn log_entry(key: i64, at: &str, from: &str, to: &str, by: &str) -> String {
        let pairs = [("order_id", "i:7;".to_owned()), ("update_date", text(at)), ("old_status", text(from))];
        let more = [("new_status", text(to)), ("updated_by", text(by))];
        let pairs: String = pairs.iter().chain(&more).map(|(key, value)| text(key) + value).collect();
        format!("i:{key};a:5:{{{pairs}}}")
    }

    fn meta(entries: &[String]) -> String {
        let blank: String = ["order_id", "new_status"].iter().map(|key| text(key) + "s:0:\"\";").collect();
        let log = format!("a:{}:{{{blank}{}}}", entries.len() + 2, entries.concat());
        let manual = format!("a:1:{{{}i:413;}}", text("unique_code"));
        format!("a:3:{{{}{manual}{}{log}{}i:25000;}}", text("manual"), text("status_log"), text("wallet"))
    }

    fn moves(read: &OrderMeta, words: &Words) -> Vec<String> {
        let shown = |step: &StatusChange| {
            format!(
                "{} {}>{}",
                crate::extract::site_time::cell(step.at),
                words.get(step.from),
                words.get(step.to)
            )
        };
        read.moves.iter().map(shown).collect()
    }

    #[test]
    fn the_log_is_read_in_its_order_and_its_blank_entries_are_no_moves() {
        let mut words = Words::default();
        let entries = [
            log_entry(99, "21-11-2025 02:29:33", "on-hold", "completed", "Siti ✨"),
            log_entry(5, "22-11-2025 02:29:33", "completed", "refunded", ""),
        ];
        let read = OrderMeta::read(meta(&entries).as_bytes(), &mut words);
        assert_eq!(
            moves(&read, &words),
            ["2025-11-21 02:29:33 on-hold>completed", "2025-11-22 02:29:33 completed>refunded"]
        );
        assert_eq!((read.unique_code.as_deref(), read.wallet.as_deref()), (Some("413"), Some("25000")));
        assert_eq!(read.state, MetaState::Whole);
    }

    #[test]
    fn data_that_was_encoded_twice_is_read_and_known() {
        let mut words = Words::default();
        let once = meta(&[log_entry(99, "21-11-2025 02:29:33", "on-hold", "completed", "Siti ✨")]);
        let twice = encoding_rs::WINDOWS_1252.decode_without_bom_handling(once.as_bytes()).0.into_owned();
        let read = OrderMeta::read(twice.as_bytes(), &mut words);
        assert_eq!((read.state, read.moves.len()), (MetaState::EncodedTwice, 1));
    }

    #[test]
    fn of_damaged_data_the_whole_entries_are_kept() {
        let mut words = Words::default();
        let entries = [
            log_entry(99, "21-11-2025 02:29:33", "on-hold", "completed", "Siti ✨"),
            log_entry(5, "22-11-2025 02:29:33", "completed", "refunded", "Siti"),
        ];
        let whole = meta(&entries);
        let cut = &whole[..whole.len() - 60];
        let read = OrderMeta::read(cut.as_bytes(), &mut words);
        assert_eq!((read.state, moves(&read, &words).len()), (MetaState::Damaged, 1));
        assert_eq!(OrderMeta::read(b"\xff\xfe", &mut words).state, MetaState::Damaged);
        assert_eq!(OrderMeta::read(b"", &mut words).state, MetaState::Whole);
    }
}
