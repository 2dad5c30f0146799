//! A sample of people as a page: a row a person, with what the source says, what the database holds and what the app shows
//! side by side, and a box to tick.

use crate::cli::render::page::model::{Block, ColumnKind, PageCell, PageTable, ReportPage, Section, Tone};
use crate::cli::render::person;
use crate::language::Language;
use crate::verify::{DrawnPerson, Sample};

/// What stands in the column that is ticked.
const BOX: &str = "☐";

/// The sample as a page.
pub(crate) fn page(sample: &Sample, made: String) -> ReportPage {
    let wrong = sample.people.iter().filter(|drawn| !drawn.story.differences.is_empty()).count();
    let answer = match wrong {
        0 => "Nobody of them is shown something else than the source says.".to_owned(),
        wrong => format!("{wrong} of them are shown something else than the source says."),
    };
    ReportPage {
        language: Language::En,
        title: "Migration from Sejoli: people to look at".to_owned(),
        subtitle: vec![
            format!("{} of {} people, drawn by seed {}", sample.people.len(), sample.of, sample.seed),
            made,
            "Signed by: ______________________________   Date: ____________".to_owned(),
        ],
        answer,
        answer_tone: if wrong == 0 { Tone::Good } else { Tone::Bad },
        sections: vec![
            Section { id: "people", title: "People".to_owned(), blocks: vec![Block::Table(people(sample))] },
            Section { id: "kinds", title: "Kinds".to_owned(), blocks: vec![Block::Table(kinds(sample))] },
        ],
    }
}

fn people(sample: &Sample) -> PageTable {
    let columns = [
        ("Looked at", ColumnKind::Text),
        ("No.", ColumnKind::Number),
        ("Person", ColumnKind::Text),
        ("Drawn as", ColumnKind::Text),
        ("Source", ColumnKind::Text),
        ("Database", ColumnKind::Text),
        ("The app shows", ColumnKind::Text),
        ("Differs", ColumnKind::Text),
    ];
    let mut table = PageTable::new("people", "People side by side", &columns)
        .noted("Tick each person whose three columns say the same.")
        .showing(usize::MAX);
    for (at, drawn) in sample.people.iter().enumerate() {
        let row = table.row(row(at + 1, drawn));
        row.tone = if drawn.story.differences.is_empty() { Tone::Plain } else { Tone::Bad };
    }
    table
}

fn row(number: usize, DrawnPerson { kinds, story }: &DrawnPerson) -> Vec<PageCell> {
    let text = |lines: Vec<String>| PageCell::Text(lines.join("\n"));
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let sides = person::sides(story);
    vec![
        PageCell::Text(BOX.to_owned()),
        PageCell::Count(i64::try_from(number).unwrap_or(i64::MAX)),
        PageCell::Text(format!("{} <{}>", story.account.name, story.account.email)),
        PageCell::Text(kinds.join(", ")),
        text(sides.source),
        text(sides.database),
        text(sides.app),
        text(sides.differences),
    ]
}

fn kinds(sample: &Sample) -> PageTable {
    let columns = [("Kind", ColumnKind::Text), ("People", ColumnKind::Number), ("Drawn", ColumnKind::Number)];
    let mut table = PageTable::new("kinds", "Kinds of people", &columns).showing(usize::MAX);
    for (kind, count) in &sample.kinds {
        let drawn = sample.people.iter().filter(|drawn| drawn.kinds.contains(kind)).count();
        let number = |count: usize| PageCell::Count(i64::try_from(count).unwrap_or(i64::MAX));
        let row = table.row(vec![PageCell::Text(kind.clone()), number(*count), number(drawn)]);
        row.tone = if drawn == 0 { Tone::Review } else { Tone::Plain };
    }
    table
}
