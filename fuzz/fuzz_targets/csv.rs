//! Any bytes as a CSV file: an export or a refusal, every record told, never a panic.
#![no_main]

mod kept_file;

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::source;
use sejoli_migrate::source::csv;
use sejoli_migrate::source::file_options::FileOptions;

const HEADER: &[u8] = b"order_id,order_date,product_id,buyer_email,amount,payment_status\n";

fuzz_target!(|bytes: &[u8]| {
    for header in [&b""[..], HEADER] {
        kept_file::with(&[header, bytes], |path| {
            if let Ok(export) = csv::open(path, &FileOptions::default()) {
                let _ = source::read(&export, 16, |_| true);
            }
        });
    }
});
