//! Reads whole exports once to learn whose each row is, and writes those of the first people.

use std::collections::HashSet;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use csv::StringRecord;

use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::source::discover::Exports;
use crate::source::formula_escape::escape_formula;
use crate::source::source_row::RowCells;
use crate::source::{self, Export};
use crate::subset::groups::{Chosen, KeyGroups};
use crate::subset::keys::KeyColumns;

/// Rows that are read at a time.
const GROUP_ROWS: usize = 512;

/// Exports whose rows are told apart by people.
pub(crate) struct SubsetFiles<'e> {
    exports: &'e Exports,
    groups: KeyGroups,
    /// Everybody who is named.
    pub(crate) people: usize,
}

/// A part of a shop that was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subset {
    /// The people whose rows it has; no fewer than were asked for, as far as the shop has them.
    pub(crate) people: usize,
    /// The rows of all files together.
    pub(crate) rows: usize,
}

impl<'e> SubsetFiles<'e> {
    /// Learns whose the rows are: buyers come before affiliates who have bought nothing.
    ///
    /// # Errors
    /// A file that cannot be read to its end.
    pub(crate) fn read(exports: &'e Exports) -> anyhow::Result<Self> {
        let mut groups = KeyGroups::default();
        let kinds =
            [SourceKind::Orders, SourceKind::Memberships, SourceKind::Commissions, SourceKind::Affiliates];
        for export in kinds.into_iter().flat_map(|kind| exports.of(kind)) {
            let columns = columns_of(export);
            each_row(export, |cells| {
                groups.join(columns.keys(cells));
                Ok(())
            })?;
        }
        let (_, people) = groups.first(usize::MAX);
        Ok(Self { exports, groups, people })
    }

    /// Writes all rows of the first people, and the affiliates whom their orders credit, into a folder of its own.
    ///
    /// # Errors
    /// A file that cannot be read to its end; exit code 5: one that cannot be written.
    pub(crate) fn write_first(&mut self, people: usize, folder: &Path) -> anyhow::Result<Subset> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| Failure::refused(format!("{}: {error}", folder.display())))?;
        let (chosen, people) = self.groups.first(people);
        let mut subset = Subset { people, rows: 0 };
        let mut credited = HashSet::new();
        let kinds =
            [SourceKind::Orders, SourceKind::Commissions, SourceKind::Memberships, SourceKind::Affiliates];
        for kind in kinds {
            for (at, export) in self.exports.of(kind).into_iter().enumerate() {
                let file = folder.join(format!("{}-{}.csv", kind.name(), at + 1));
                subset.rows += self.write(export, &file, &chosen, &mut credited)?;
            }
        }
        Ok(subset)
    }

    fn write(
        &mut self,
        export: &Export,
        file: &Path,
        chosen: &Chosen,
        credited: &mut HashSet<String>,
    ) -> anyhow::Result<usize> {
        let unwritable =
            |error: &dyn std::fmt::Display| Failure::refused(format!("{}: {error}", file.display()));
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        let mut writer = csv::Writer::from_writer(opened.map_err(|error| unwritable(&error))?);
        writer.write_record(header(export)).map_err(|error| unwritable(&error))?;
        let columns = columns_of(export);
        let is_of_affiliates = export.kind == SourceKind::Affiliates;
        let mut rows = 0;
        each_row(export, |cells| {
            let is_credited = is_of_affiliates && columns.codes(cells).any(|code| credited.contains(&code));
            if is_credited || self.groups.has(chosen, &columns.keys(cells)) {
                if !is_of_affiliates {
                    credited.extend(columns.codes(cells));
                }
                writer
                    .write_record(cells.iter().map(|cell| escape_formula(cell).into_owned()))
                    .map_err(|error| unwritable(&error))?;
                rows += 1;
            }
            Ok(())
        })?;
        writer.flush().map_err(|error| unwritable(&error))?;
        Ok(rows)
    }
}

fn columns_of(export: &Export) -> KeyColumns {
    match export.kind {
        SourceKind::Affiliates => KeyColumns::of_affiliates(export),
        _ => KeyColumns::of_buyers(export),
    }
}

/// The columns by the names that the tool knows them by, so that no map of columns is needed; the others by their own.
fn header(export: &Export) -> Vec<String> {
    let mut names = export.layout.columns.clone();
    for field in export.form().fields {
        if let Some(at) = export.position_of(field.name) {
            field.name.clone_into(&mut names[at]);
        }
    }
    names
}

/// Hands on the rows whose cells can be matched with the columns.
fn each_row(
    export: &Export,
    mut take: impl FnMut(&StringRecord) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut failed = None;
    source::read(export, GROUP_ROWS, |rows| {
        let whole = rows.iter().filter_map(|row| match &row.cells {
            RowCells::Whole(cells) => Some(cells),
            RowCells::Broken(..) => None,
        });
        failed = whole.map(&mut take).find_map(Result::err);
        failed.is_none()
    })?;
    failed.map_or(Ok(()), Err)
}
