//! What the operator has to do, and what the app's jobs and pages would do.

use crate::cli::render::page::model::{Block, ColumnKind, PageCell, PageTable, Section};
use crate::language::Language;
use crate::report::full::FullReport;

pub(in crate::cli::render::page) fn section(report: &FullReport, language: Language) -> Section {
    let list = &report.run.operator;
    let mut tasks = PageTable::new(
        "tasks",
        language.of("What to do", "Yang harus dilakukan"),
        &[(language.of("When", "Kapan"), ColumnKind::Text), (language.of("What", "Apa"), ColumnKind::Text)],
    );
    for task in &list.tasks {
        let when = match task.before {
            true => language.of("before the import", "sebelum impor"),
            false => language.of("after the import", "setelah impor"),
        };
        tasks.row(vec![PageCell::Text(when.to_owned()), PageCell::Text(task.text.clone())]);
    }
    let mut jobs = PageTable::new(
        "jobs",
        language.of("The app's jobs", "Tugas terjadwal aplikasi"),
        &[
            (language.of("Job", "Tugas"), ColumnKind::Text),
            (
                language.of("Imported rows it would take", "Baris impor yang akan diambilnya"),
                ColumnKind::Number,
            ),
            (language.of("What that means", "Artinya"), ColumnKind::Text),
        ],
    );
    for job in &list.jobs {
        let rows = i64::try_from(job.rows).unwrap_or(i64::MAX);
        jobs.row(vec![
            PageCell::Code(job.name.to_owned()),
            PageCell::Count(rows),
            PageCell::Text(job.meaning.to_owned()),
        ]);
    }
    let mut patches = PageTable::new(
        "patches",
        language.of(
            "For the app's developers: no row can repair this",
            "Untuk pengembang aplikasi: tidak dapat diperbaiki lewat data",
        ),
        &[
            (language.of("Place", "Bagian"), ColumnKind::Text),
            (language.of("What goes wrong", "Yang salah"), ColumnKind::Text),
        ],
    );
    for patch in &list.patches {
        patches.row(vec![PageCell::Code(patch.place.to_owned()), PageCell::Text(patch.meaning.clone())]);
    }
    Section {
        id: "to-do",
        title: language.of("To do", "Daftar tugas").to_owned(),
        blocks: [tasks, jobs, patches].map(Block::Table).into(),
    }
}
