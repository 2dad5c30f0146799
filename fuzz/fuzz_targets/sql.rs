//! Any bytes as a dump of a database: rows or a refusal, never a panic. What is cut off at its end has no other rows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::extract::rows_of_dump;

const HEAD: &[u8] = b"-- MySQL dump\nCREATE TABLE `wp_options` (`option_id` int, `option_name` text, `option_value` text);\n";
const TAIL: &[u8] = b";\n-- Dump completed\n";

fuzz_target!(|bytes: &[u8]| {
    let _ = rows_of_dump(bytes.to_vec());
    let framed = [HEAD, b"INSERT INTO `wp_options` VALUES ", bytes, TAIL].concat();
    let Ok(whole) = rows_of_dump(framed.clone()) else { return };
    if let Ok(cut) = rows_of_dump(framed[..framed.len() - 1].to_vec()) {
        assert_eq!(cut, whole);
    }
});
