//! Primary keys that look like Prisma's `cuid()` and are the same in every run.
//!
//! An id is `c`, eight base-36 digits of a time that belongs to the record (cuid's own layout), and sixteen
//! digits of a hash of source, table and key. Ids therefore arrive nearly in order, which keeps the inserts
//! into an index local.

use crate::domain::date::Millis;

/// The first 128 bits of BLAKE3 over source, table and key of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct KeyHash(pub u128);

impl KeyHash {
    /// The hash of the record of `table` that the source calls `key`.
    pub(crate) fn of(table: &str, key: &str) -> Self {
        let mut hashed = Vec::with_capacity(128);
        for part in ["SEJOLI", table, key] {
            hashed.extend_from_slice(&(part.len() as u64).to_le_bytes());
            hashed.extend_from_slice(part.as_bytes());
        }
        let mut first = [0; 16];
        first.copy_from_slice(&blake3::hash(&hashed).as_bytes()[..16]);
        Self(u128::from_le_bytes(first))
    }
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// The id of 25 characters for a record's time and hash.
pub(crate) fn cuid(time: Millis, key: KeyHash) -> String {
    let mut text = [b'0'; TIME_END + HASH_DIGITS];
    text[0] = b'c';
    digits(u64::try_from(time.0).unwrap_or(0), &mut text[1..TIME_END]);
    base36(key.0, &mut text[TIME_END..]);
    String::from_utf8_lossy(&text).into_owned()
}

/// The id of the record of `table` that the source calls `key`, made at `time`.
pub(crate) fn id_for(table: &str, key: &str, time: Millis) -> String {
    cuid(time, KeyHash::of(table, key))
}

/// Whether an id is that of the record of `table` that the source calls `key`, whatever its time.
pub(crate) fn is_id_of(id: &str, table: &str, key: &str) -> bool {
    let mut hash = [b'0'; HASH_DIGITS];
    base36(KeyHash::of(table, key).0, &mut hash);
    id.as_bytes().get(TIME_END..) == Some(&hash)
}

/// The time of the record of `table` that the source calls `key`, by its id; nothing where the id is another one or has
/// no time.
pub(crate) fn time_of(id: &str, table: &str, key: &str) -> Option<Millis> {
    let digits = id.get(1..TIME_END).filter(|_| is_id_of(id, table, key))?;
    i64::from_str_radix(digits, 36).ok().filter(|time| *time > 0).map(Millis)
}

/// The time that an id begins with, whoever has made it: cuids of the app's own have it, too. 1970 where it is no cuid.
pub(crate) fn time_in(id: &str) -> Millis {
    let digits = id.strip_prefix('c').filter(|_| id.len() == TIME_END + HASH_DIGITS);
    let time = digits.and_then(|digits| u64::from_str_radix(digits.get(..TIME_END - 1)?, 36).ok());
    time.and_then(|time| i64::try_from(time).ok()).map_or(Millis(0), Millis)
}

/// What of an id tells its record, whatever the time; nothing of a text that is shorter than an id's time.
pub(crate) fn hash_of(id: &str) -> Option<&str> {
    id.get(TIME_END..)
}

/// Where an id's time ends and its hash begins.
const TIME_END: usize = 9;
/// The digits of the hash.
const HASH_DIGITS: usize = 16;

/// Fills `out` with the lowest base-36 digits of a number.
pub(super) fn digits(mut number: u64, out: &mut [u8]) {
    for digit in out.iter_mut().rev() {
        *digit = DIGITS[(number % 36) as usize];
        number /= 36;
    }
}

/// Twelve digits: as many as 64 bits hold, in which a division costs a tenth of one in 128 bits.
const TWELVE_DIGITS: u128 = 36_u128.pow(12);

/// The same of a number of 128 bits.
fn base36(mut number: u128, out: &mut [u8]) {
    for part in out.rchunks_mut(12) {
        let rest = number / TWELVE_DIGITS;
        digits((number - rest * TWELVE_DIGITS) as u64, part);
        number = rest;
    }
}

/// The first 191 characters of a source's key: the key of a rejected row may be any text, and no indexed
/// column holds more.
pub(crate) fn truncate_key(key: &str) -> String {
    key.chars().take(MAX_KEY_CHARS).collect()
}

/// Prisma's `String` is VARCHAR(191) on MySQL.
const MAX_KEY_CHARS: usize = 191;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_looks_like_a_cuid_and_never_changes() {
        let id = id_for("Transaction", "10001", Millis(1_611_308_058_000));
        assert_eq!(id.len(), 25);
        assert!(id.starts_with("ckk837"), "{id}");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert_eq!(id, id_for("Transaction", "10001", Millis(1_611_308_058_000)));
        assert_ne!(id, id_for("Wallet", "10001", Millis(1_611_308_058_000)));
    }

    #[test]
    fn an_id_tells_its_record_whatever_its_time() {
        let id = id_for("Transaction", "10001", Millis(1_611_308_058_000));
        assert!(is_id_of(&id, "Transaction", "10001"));
        assert!(!is_id_of(&id, "Transaction", "10002"));
        assert!(!is_id_of("10001", "Transaction", "10001"), "an id of the app may be any text");
    }

    #[test]
    fn an_id_tells_its_record_s_time() {
        let id = id_for("Transaction", "10001", Millis(1_611_308_058_000));
        assert_eq!(time_of(&id, "Transaction", "10001"), Some(Millis(1_611_308_058_000)));
        assert_eq!(time_of(&id, "Transaction", "10002"), None);
        assert_eq!(time_of(&id_for("Wallet", "1", Millis(-5)), "Wallet", "1"), None, "before 1970");
    }

    #[test]
    fn an_id_begins_with_a_time_whoever_has_made_it() {
        let id = id_for("Transaction", "10001", Millis(1_611_308_058_000));
        assert_eq!(time_in(&id), Millis(1_611_308_058_000));
        assert_eq!(
            time_in("ckk837cbw0000qzrmn831i7rn"),
            Millis(1_611_308_039_468),
            "a cuid of the app's own"
        );
        for other in ["", "c", "u-team", "2f1acc6c3a606b082e5eef5e5", "c-k837cbw0000qzrmn831i7rn"] {
            assert_eq!(time_in(other), Millis(0), "{other}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let early = id_for("Transaction", "zzz", Millis(1_600_000_000_000));
        let late = id_for("Transaction", "aaa", Millis(1_600_000_000_001));
        assert!(early < late);
    }
}
