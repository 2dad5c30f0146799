//! Judges rows that share their number: which of them counts, and what is said of the others.

use std::collections::{BTreeSet, HashMap};

use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::text::excerpt;
use crate::language::tr;
use crate::pipeline::read::on_duplicate::OnDuplicate;
use crate::source::row_location::RowLocation;
use crate::source::{Export, FileNote};

/// A row of a key that has several: where it stands, and the hash of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RepeatedRow {
    pub location: RowLocation,
    pub meaning: u64,
}

/// What is counted of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FileRows {
    pub rows: u64,
    /// The latest date in a row that can be imported.
    pub newest: Option<Millis>,
}

/// The findings about rows that share their number with others.
#[derive(Debug, Default)]
pub(crate) struct Repetitions {
    /// The findings of rows.
    pub rows: Vec<(RowLocation, Finding)>,
    /// What there is to say of whole files, by their names.
    pub notes: Vec<(String, FileNote)>,
}

/// What rows of one number are judged by.
#[allow(missing_debug_implementations)]
pub(super) struct RepetitionContext<'a> {
    /// By the position of the file.
    pub files: &'a [FileRows],
    /// What the operator has said.
    pub on_duplicate: OnDuplicate,
    /// The files.
    pub exports: &'a [&'a Export],
}

impl RepetitionContext<'_> {
    /// Judges the rows of each number that has several.
    pub(super) fn judge(&self, groups: Vec<Vec<RepeatedRow>>) -> Repetitions {
        let group = |rows: Vec<RepeatedRow>| Group { chosen: self.choose(&rows), rows };
        let groups: Vec<Group> = groups.into_iter().map(group).collect();
        let copies = self.copies(&groups);
        let mut found = Repetitions { rows: Vec::new(), notes: self.notes(&copies) };
        for group in &groups {
            let others = group.describe(self.exports);
            for (row, code) in group.judged() {
                let is_copy = code == Code::DuplicateIdentical && copies.contains_key(&row.location.file);
                let finding = match is_copy {
                    true => Finding::of_row(Code::FileRepeated, ""),
                    false => Finding::of_row(code, others.clone()),
                };
                found.rows.push((row.location, finding));
            }
        }
        if self.on_duplicate != OnDuplicate::Hold && groups.iter().any(Group::is_conflict_of_files) {
            found.notes.extend(self.order_of_files());
        }
        found
    }

    /// The row of a key that counts; none if a person has to choose.
    fn choose(&self, rows: &[RepeatedRow]) -> Option<RepeatedRow> {
        let first = *rows.first()?;
        if rows.iter().all(|row| row.meaning == first.meaning) && self.on_duplicate != OnDuplicate::Last {
            return Some(first);
        }
        match self.on_duplicate {
            OnDuplicate::Hold => None,
            OnDuplicate::First => Some(first),
            OnDuplicate::Last => rows.last().copied(),
            OnDuplicate::Newest => self.newest(rows),
        }
    }

    /// The row of the file with the latest date, unless rows of such files say different things.
    fn newest(&self, rows: &[RepeatedRow]) -> Option<RepeatedRow> {
        let newest =
            |row: &RepeatedRow| self.files.get(row.location.file as usize).and_then(|file| file.newest);
        let latest = rows.iter().filter_map(newest).max()?;
        let mut latest = rows.iter().filter(|row| newest(row) == Some(latest));
        let first = *latest.next()?;
        latest.all(|row| row.meaning == first.meaning).then_some(first)
    }

    /// The files of which every row says the same as a row of another file that counts, with those others.
    fn copies(&self, groups: &[Group]) -> HashMap<u32, BTreeSet<u32>> {
        let mut repeated: HashMap<u32, (u64, BTreeSet<u32>)> = HashMap::new();
        for group in groups {
            let Some(chosen) = group.chosen else { continue };
            for (row, code) in group.judged() {
                if code == Code::DuplicateIdentical && row.location.file != chosen.location.file {
                    let (rows, others) = repeated.entry(row.location.file).or_default();
                    *rows += 1;
                    others.insert(chosen.location.file);
                }
            }
        }
        let is_whole =
            |file: u32, rows: u64| self.files.get(file as usize).is_some_and(|all| all.rows == rows);
        let whole = repeated.into_iter().filter(|(file, (rows, _))| is_whole(*file, *rows));
        whole.map(|(file, (_, others))| (file, others)).collect()
    }

    fn notes(&self, copies: &HashMap<u32, BTreeSet<u32>>) -> Vec<(String, FileNote)> {
        let copied: BTreeSet<u32> = copies.keys().copied().collect();
        let note = |file: u32| {
            let rows = self.files.get(file as usize)?.rows;
            let others: Vec<&str> =
                copies[&file].iter().filter_map(|other| file_name(self.exports, *other)).collect();
            let others = excerpt(&others.join(", "), MAX_NAMES);
            let detail = Detail::said(|| tr!("{rows} rows, also in {others}"));
            let finding = Finding::of_row(Code::FileRepeated, detail);
            Some((file_name(self.exports, file)?.to_owned(), FileNote::file(finding)))
        };
        copied.into_iter().filter_map(note).collect()
    }

    /// The note that says by which order of the files rows were chosen.
    fn order_of_files(&self) -> Option<(String, FileNote)> {
        let name = |file: usize| u32::try_from(file).ok().and_then(|file| file_name(self.exports, file));
        let dated = |(file, rows): (usize, &FileRows)| {
            let newest = rows.newest.map_or_else(|| "no date".to_owned(), |newest| newest.to_string());
            Some(format!("{} to {newest}", name(file)?))
        };
        let files = self.files.iter().enumerate();
        let names: Vec<String> = match self.on_duplicate {
            OnDuplicate::Newest => files.filter_map(dated).collect(),
            _ => files.filter_map(|(file, _)| name(file).map(str::to_owned)).collect(),
        };
        let finding = Finding::of_row(Code::FileOrder, excerpt(&names.join(", "), MAX_NAMES));
        Some((name(0)?.to_owned(), FileNote::file(finding)))
    }
}

/// The most characters of file names in a note.
const MAX_NAMES: usize = 400;

fn file_name<'a>(exports: &[&'a Export], file: u32) -> Option<&'a str> {
    exports.get(file as usize).map(|export| export.file.as_str())
}

/// The rows of one key, and the one of them that counts.
#[derive(Debug)]
struct Group {
    rows: Vec<RepeatedRow>,
    chosen: Option<RepeatedRow>,
}

impl Group {
    /// The rows that do not count, and why.
    fn judged(&self) -> impl Iterator<Item = (RepeatedRow, Code)> {
        let chosen = self.chosen;
        let others =
            self.rows.iter().filter(move |row| chosen.is_none_or(|chosen| chosen.location != row.location));
        others.map(move |row| {
            let code = match chosen {
                None => Code::DuplicateConflict,
                Some(chosen) if chosen.meaning == row.meaning => Code::DuplicateIdentical,
                Some(_) => Code::DuplicateSuperseded,
            };
            (*row, code)
        })
    }

    /// Whether rows of different files say different things: some row says something else than the first one, and
    /// some row stands in another file than the first one.
    fn is_conflict_of_files(&self) -> bool {
        let Some(first) = self.rows.first() else { return false };
        self.rows.iter().any(|row| row.meaning != first.meaning)
            && self.rows.iter().any(|row| row.location.file != first.location.file)
    }

    /// Where all rows of the key stand: `records 3, 7`, or `orders.csv record 3, orders (2).csv record 7`.
    fn describe(&self, exports: &[&Export]) -> String {
        let first = self.rows.first().map(|row| row.location.file);
        let in_one_file = self.rows.iter().all(|row| Some(row.location.file) == first);
        let shown = |row: &RepeatedRow| match file_name(exports, row.location.file) {
            Some(file) if !in_one_file => format!("{file} record {}", row.location.record),
            _ => row.location.record.to_string(),
        };
        let shown: Vec<String> = self.rows.iter().map(shown).collect();
        let shown = excerpt(&shown.join(", "), MAX_NAMES);
        if in_one_file { format!("records {shown}") } else { shown }
    }
}
