//! Any text as phone numbers: what is read is in E.164 and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::domain::contact::{Email, parse_phones};

fuzz_target!(|text: &str| {
    if let Ok(phones) = parse_phones(text) {
        for phone in [phones.first, phones.second].into_iter().flatten() {
            let again = parse_phones(&phone.to_string()).expect("its own form");
            assert_eq!(again.first.as_ref(), Some(&phone));
        }
    }
    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(email.as_str()).as_ref(), Ok(&email));
    }
});
