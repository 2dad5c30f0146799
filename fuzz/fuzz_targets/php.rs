//! Any bytes as a serialized value of PHP: a value within its bytes or damage, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::extract::php_value::PhpValue;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((value, length)) = PhpValue::parse_front(bytes) {
        assert!(length <= bytes.len());
        assert!(PhpValue::parse(&bytes[..length]).is_ok());
        let _ = (value.get("status_log"), value.values().count(), value.scalar());
    }
});
