//! CSV files: finds encoding, delimiter and header, and reads the rows.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::Context as _;
use csv::ByteRecord;

use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::text::excerpt;
use crate::failure::Failure;
use crate::language::tr;
use crate::source::container::{CsvFormat, FileContainer};
use crate::source::csv_records::{CsvRecord, CsvRecords};
use crate::source::encoding;
use crate::source::encoding::Utf8Reader;
use crate::source::export::Export;
use crate::source::file_options::{CsvDialect, Delimiter, FileOptions};
use crate::source::header::{MAX_HEADER_LINES, header_score, recognise, strip_glued_text};
use crate::source::record_quotes::{CsvSyntax, QuoteError};
use crate::source::row_batcher::RowBatcher;
use crate::source::source_row::{FileNote, RowConsumer};

const BUFFER_BYTES: usize = 256 * 1024;

/// A record that may be a header.
struct HeaderCandidate {
    csv: CsvFormat,
    columns: Vec<String>,
    line: u64,
    before: Vec<String>,
    header_score: (bool, usize),
}

/// Opens a CSV file and recognises its export.
///
/// # Errors
/// Exit code 6 with the file's name: it is missing, empty or no export.
pub fn open(path: &Path, options: &FileOptions) -> anyhow::Result<Export> {
    let shown = path.display();
    let unusable = |error: &dyn std::fmt::Display| Failure::input(format!("{shown}: {error}"));
    let found = encoding::detect(path).map_err(|error| unusable(&error))?;
    let encoding = options.encoding.unwrap_or(found.encoding);
    let delimiters = options.delimiter.map_or(Delimiter::ALL.to_vec(), |one| vec![one]);
    let mut best: Option<HeaderCandidate> = None;
    for delimiter in delimiters {
        let csv = CsvFormat { encoding, delimiter, dialect: options.dialect, skip: 0 };
        let candidate = candidate(path, csv, options).map_err(|error| unusable(&error))?;
        let better = |candidate: &HeaderCandidate| {
            best.as_ref().is_none_or(|best| candidate.header_score > best.header_score)
        };
        best = candidate.filter(better).or(best);
        if best.as_ref().is_some_and(|best| best.header_score.0) {
            break; // a header with all that is needed: cells are not parted in two ways
        }
    }
    let Some(mut best) = best else { return Err(unusable(&tr!("the file is empty"))) };
    let recognised =
        recognise(&best.columns, &options.columns).map_err(|error| Failure::in_file(&shown, &error))?;
    if recognised.layout.is_rejects_file() && best.csv.dialect == CsvDialect::Auto {
        // The tool doubles every quote of what it writes: there is nothing to find out.
        best.csv.dialect = CsvDialect::Rfc4180;
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut export = Export::new(path, file, recognised, FileContainer::Csv(best.csv));
    if found.fallback && options.encoding.is_none() {
        export.notes.push(FileNote::file(Finding::of_row(Code::EncodingAssumed, "")));
    }
    export.notes.extend(before_header(&best));
    Ok(export)
}

fn before_header(found: &HeaderCandidate) -> Option<FileNote> {
    let first = found.before.iter().find(|text| !text.is_empty())?;
    let detail = Detail::said(|| match found.line {
        1 => tr!("text before the first column").to_owned(),
        2 => tr!("1 line").to_owned(),
        line => tr!("{} lines", line - 1),
    });
    let detail = detail.map(|what| format!("{what}: \"{}\"", excerpt(first, 60)));
    Some(FileNote { line: 1, finding: Finding::of_row(Code::TextBeforeHeader, detail) })
}

/// The record of a file that resembles a header most, if cells are parted in this way.
fn candidate(path: &Path, csv: CsvFormat, options: &FileOptions) -> anyhow::Result<Option<HeaderCandidate>> {
    let mut records = records(path, csv, None)?;
    let mut best: Option<HeaderCandidate> = None;
    let mut before: Vec<String> = Vec::new();
    for skip in 0..MAX_HEADER_LINES {
        let Some(record) = records.record_at_line()? else { break };
        let mut columns = texts(&record.cells);
        if columns.iter().all(|column| column.trim().is_empty()) {
            before.push(String::new());
            continue;
        }
        let whole = columns.join(",");
        let mut glued = None;
        if let Some(first) = strip_glued_text(&columns[0], &options.columns) {
            glued = columns[0].strip_suffix(&first).map(str::to_owned).or(Some(columns[0].clone()));
            columns[0] = first;
        }
        let header_score = header_score(&columns, &options.columns);
        if best.as_ref().is_none_or(|best| header_score > best.header_score) {
            let before = before.iter().cloned().chain(glued).collect();
            let csv = CsvFormat { skip, ..csv };
            best = Some(HeaderCandidate { csv, columns, line: record.line, before, header_score });
        }
        if header_score.0 {
            break;
        }
        before.push(whole);
    }
    Ok(best)
}

/// The header's cells; a tool's own byte order mark or bytes of another encoding are no reason to stop.
fn texts(cells: &ByteRecord) -> Vec<String> {
    cells.iter().map(|cell| String::from_utf8_lossy(cell).trim_start_matches('\u{feff}').to_owned()).collect()
}

fn records(
    path: &Path,
    csv: CsvFormat,
    width: Option<usize>,
) -> anyhow::Result<CsvRecords<impl Read + use<>>> {
    let file = File::open(path)?;
    let buffered = BufReader::with_capacity(BUFFER_BYTES, file);
    let syntax = CsvSyntax { delimiter: csv.delimiter.byte(), dialect: csv.dialect, width };
    Ok(CsvRecords::new(Utf8Reader::new(buffered, csv.encoding), syntax))
}

/// Reads the rows in order and passes them to `take`, `group` rows at a time, until it returns false. Returns
/// findings about the file.
///
/// # Errors
/// The file cannot be read to its end.
pub fn read(
    export: &Export,
    csv: CsvFormat,
    group: usize,
    take: RowConsumer<'_>,
) -> anyhow::Result<Vec<FileNote>> {
    let shown = || format!("reading {}", export.path.display());
    let mut records = records(&export.path, csv, None).with_context(shown)?;
    for _ in 0..csv.skip {
        records.skip_line().with_context(shown)?;
    }
    records.next_record().with_context(shown)?;
    records.set_width(export.layout.width);
    let mut batcher = RowBatcher::new(export, group, take);
    while let Some(record) = records.next_record().with_context(shown)? {
        let CsvRecord { line, last_line, cells, quote_error, had_nul } = record;
        if had_nul {
            batcher.note(line, Code::NulBytes);
        }
        let quote_error = quote_error.map(|quote_error| match quote_error {
            QuoteError::Unclosed => Code::QuoteUnclosed,
            QuoteError::Ambiguous => Code::QuoteAmbiguous,
        });
        if !batcher.add((line, last_line), cells, quote_error) {
            break;
        }
    }
    Ok(batcher.finish())
}
