//! Any text as a date: what is read is written and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::domain::date::{DateOrder, DateRules, parse};

fuzz_target!(|text: &str| {
    for order in [DateOrder::DayFirst, DateOrder::MonthFirst] {
        for epoch_1904 in [false, true] {
            let rules = DateRules { order, epoch_1904, ..DateRules::default() };
            if let Ok(Some(moment)) = parse(text, rules) {
                let again = parse(&moment.at.to_string(), rules).expect("its own form").expect("a date");
                assert_eq!(again.at, moment.at);
            }
        }
    }
});
