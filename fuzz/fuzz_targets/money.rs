//! Any text as an amount: what is read is written and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::domain::money::{Money, MoneyStyle, parse, parse_rate};

fuzz_target!(|text: &str| {
    for style in [MoneyStyle::Checklist, MoneyStyle::Native] {
        if let Ok(amount) = parse(text, style) {
            assert_eq!(Money::from_plain(&amount.plain()), Some(amount));
        }
    }
    let _ = parse_rate(text);
});
