//! Any bytes as a workbook: exports or a refusal, never a panic. Seed it with workbooks of the tests.
#![no_main]

mod kept_file;

use libfuzzer_sys::fuzz_target;
use sejoli_migrate::source;
use sejoli_migrate::source::file_options::FileOptions;
use sejoli_migrate::source::workbook;

/// A damaged XLS or ODS file can make its reader panic, which the tool takes for an unusable file: only
/// a panic that nobody catches is a find.
static QUIET: std::sync::Once = std::sync::Once::new();

fuzz_target!(|bytes: &[u8]| {
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    kept_file::with(&[bytes], |path| {
        for export in workbook::open(path, &FileOptions::default()).unwrap_or_default() {
            let _ = source::read(&export, 16, |_| true);
        }
    });
});
