//! What the documents say is what the code does.

use std::path::Path;

use sejoli_migrate::cli::explain::catalogue;
use sejoli_migrate::domain::finding::Code;

/// `SEJOLI_WRITE_DOCS=1` writes the page instead of comparing it (`make catalogue`).
#[test]
fn the_catalogue_of_findings_is_the_codes_own() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    if std::env::var_os("SEJOLI_WRITE_DOCS").is_some() {
        std::fs::write(&path, catalogue()).expect("the page is written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/findings.md");
    assert!(written == catalogue(), "docs/findings.md is not what `make catalogue` writes");
    let rows: Vec<&str> = written.lines().filter(|line| line.starts_with("| SJM-")).collect();
    assert_eq!(rows.len(), Code::ALL.len(), "a line for each code");
    for code in Code::ALL {
        let begins = format!("| {} |", code.info().code);
        assert_eq!(rows.iter().filter(|row| row.starts_with(&begins)).count(), 1, "{begins}");
    }
}
