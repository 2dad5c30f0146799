//! The codes of findings: the result of `explain`, and the page `docs/findings.md`.

use crate::domain::finding::Code;

/// Codes as text, each with its meaning and what to do about it.
pub(crate) fn text(codes: &[Code]) -> String {
    let line = |code: &Code| {
        let info = code.info();
        format!(
            "{} {} ({})\n  {}\n  {}\n",
            info.code,
            info.name,
            info.severity.spoken(),
            info.spoken_meaning(),
            info.spoken_advice()
        )
    };
    codes.iter().map(line).collect()
}

/// The page `docs/findings.md`, which a test compares with the codes.
pub fn catalogue() -> String {
    let mut text = String::from(
        "# Findings

A finding has a stable code: it never changes its meaning and is never used again. `sejoli-migrate explain SJM-0101` says
the same. *rejected*: unusable, the row waits for a correction. *held*: doubtful, the row waits for a decision.
*warning*, *info*: the row is imported. `findings.csv` and `validate --format json` give each finding its place: file,
sheet, record, first and last line or row, column, the masked value, the reason and what to do.

This page is written from the code by `make catalogue`.

| code | name | severity | meaning | advice |
|---|---|---|---|---|
",
    );
    let mut codes = Code::ALL.to_vec();
    codes.sort_by_key(|code| code.info().code);
    for code in codes {
        let info = code.info();
        let (meaning, advice) = (info.meaning.replace('|', "\\|"), info.advice.replace('|', "\\|"));
        text.push_str(&format!(
            "| {} | {} | {} | {meaning} | {advice} |\n",
            info.code, info.name, info.severity
        ));
    }
    text
}
