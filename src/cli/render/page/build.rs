//! Builds the page of a report.

use crate::cli::render::page::labels;
use crate::cli::render::page::model::{ReportPage, Tone};
use crate::cli::render::page::sections;
use crate::domain::date::SourceZone;
use crate::language::Language;
use crate::report::full::FullReport;
use crate::report::verdict::Answer;

/// The report as a page. `go_on` is the command that goes on with what was interrupted.
pub(crate) fn build(report: &FullReport, go_on: Option<&str>, language: Language) -> ReportPage {
    let zone: SourceZone = report.reconciliation.zone.parse().unwrap_or(SourceZone::JAKARTA);
    let (answer, answer_tone) = answer(report.verdict.go_live, language);
    let state = labels::word(report.run.state.as_str(), language);
    let began = language.time(report.run.started_at, zone);
    let made = language.time(report.generated_at, zone);
    let subtitle = vec![
        match language {
            Language::En => format!("Run {}, {state}, began {began} ({zone})", report.run.run),
            Language::Id => format!("Proses {}, {state}, dimulai {began} ({zone})", report.run.run),
        },
        report.database.clone(),
        match language {
            Language::En => format!("Page made {made} by sejoli-migrate {}", report.made_by),
            Language::Id => format!("Halaman dibuat {made} oleh sejoli-migrate {}", report.made_by),
        },
    ];
    ReportPage {
        language,
        title: language.of("Migration from Sejoli: report", "Migrasi dari Sejoli: laporan").to_owned(),
        subtitle,
        answer,
        answer_tone,
        sections: vec![
            sections::verdict::section(report, go_on, language),
            sections::money::section(report, language),
            sections::orders::section(report, language),
            sections::affiliates::section(report, language),
            sections::memberships::section(report, language),
            sections::app_pages::section(report, language, zone),
            sections::review::section(report, language),
            sections::findings::section(report, language),
            sections::operator::section(report, language),
            sections::run::section(report, language, zone),
        ],
    }
}

fn answer(answer: Answer, language: Language) -> (String, Tone) {
    let (words, tone) = match answer {
        Answer::Yes => (language.of("May we go live? Yes.", "Boleh tayang? Ya."), Tone::Good),
        Answer::AfterDecisions => (
            language.of("May we go live? After these decisions.", "Boleh tayang? Setelah keputusan berikut."),
            Tone::Review,
        ),
        Answer::No => (language.of("May we go live? No.", "Boleh tayang? Belum."), Tone::Bad),
    };
    (words.to_owned(), tone)
}
