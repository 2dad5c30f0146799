//! Any bytes as a CSV file: an export or a refusal, every record told, never a panic.
#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::source::file_options::FileOptions;
use sejoli_migrate::source;
use sejoli_migrate::source::csv;

const HEADER: &[u8] = b"order_id,order_date,product_id,buyer_email,amount,payment_status\n";

fuzz_target!(|bytes: &[u8]| {
    for header in [&b""[..], HEADER] {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(header).and_then(|()| file.write_all(bytes)).expect("it is written");
        if let Ok(export) = csv::open(file.path(), &FileOptions::default()) {
            let _ = source::read(&export, 16, |_| true);
        }
    }
});
