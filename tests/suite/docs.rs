//! What the documents say is what the code does.

use sejoli_migrate::domain::finding::Code;

#[test]
fn the_catalogue_of_findings_is_the_codes_own() {
    let written = include_str!("../../docs/findings.md");
    let escaped = |text: &str| text.replace('|', "\\|");
    let lines: Vec<&str> = written.lines().filter(|line| line.starts_with("| SJM-")).collect();
    let codes = Code::ALL.iter().map(|code| {
        let info = code.info();
        let (meaning, advice) = (escaped(info.meaning), escaped(info.advice));
        format!("| {} | {} | {} | {meaning} | {advice} |", info.code, info.name, info.severity)
    });
    let codes: Vec<String> = codes.collect();
    for code in &codes {
        assert!(lines.contains(&code.as_str()), "missing or different in docs/findings.md:\n{code}");
    }
    assert_eq!(lines.len(), codes.len(), "docs/findings.md has lines of codes that do not exist");
}
