//! Any text as a date: what is read is written and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::domain::date::{DateError, DateOrder, DateRules, parse};

fuzz_target!(|text: &str| {
    for order in [DateOrder::DayFirst, DateOrder::MonthFirst] {
        for epoch_1904 in [false, true] {
            let rules = DateRules { order, epoch_1904, ..DateRules::default() };
            if let Ok(Some(moment)) = parse(text, rules) {
                match parse(&moment.at.to_string(), rules) {
                    Ok(again) => assert_eq!(again.map(|again| again.at), Some(moment.at)),
                    // The first hours of 2000 in Jakarta lie in 1999 by UTC.
                    Err(error) => assert_eq!(error, DateError::OutOfRange),
                }
            }
        }
    }
});
