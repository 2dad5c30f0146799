//! Whole hundredths as decimal text, which amounts (sen) and rates (hundredths of a percent) share.

use std::fmt;

/// Displays a number of hundredths as the shortest decimal.
pub(crate) struct HundredthsDisplay(pub(crate) i64);

impl fmt::Display for HundredthsDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match rest {
            0 => write!(f, "{sign}{whole}"),
            _ if rest.is_multiple_of(10) => write!(f, "{sign}{whole}.{}", rest / 10),
            _ => write!(f, "{sign}{whole}.{rest:02}"),
        }
    }
}

/// Decimals as hundredths: `5` is 50, `05` is 5, none is 0. `None` if a digit behind the second one is no
/// zero. The text must hold digits only.
pub(crate) fn hundredths_from_decimals(decimals: &str) -> Option<u8> {
    let (near, far) = decimals.as_bytes().split_at(decimals.len().min(2));
    if far.iter().any(|digit| *digit != b'0') {
        return None;
    }
    Some(match near {
        [tens, ones] => (tens - b'0') * 10 + (ones - b'0'),
        [tens] => (tens - b'0') * 10,
        _ => 0,
    })
}

/// The text itself if it consists of ASCII digits and is not empty.
pub(crate) fn ascii_digits(text: &str) -> Option<&str> {
    let only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then_some(text)
}
