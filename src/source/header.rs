//! Recognises an export by the columns of its header.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::domain::detail::Detail;
use crate::domain::export_fields::{FieldSpec, normalized_name};
use crate::domain::source_kind::SourceKind;
use crate::domain::text::excerpt;
use crate::failure::Failure;
use crate::language::{msg, said, tr};
use crate::source::column_map::ColumnMap;
use crate::source::export_form::ExportForm;
use crate::source::formula_escape::CODE_COLUMN;

/// Lines at the beginning of a file among which the header is searched.
pub(super) const MAX_HEADER_LINES: usize = 200;

/// The longest name of a column, in bytes, that is looked for behind text that was printed right before it, unless the column map
/// has a longer one: a cell may be as long as a file, and each of its ends would be compared with each name.
const LONGEST_NAME: usize = 60;

/// A header that has this share of a form's columns was meant to be that form.
const SIMILAR_PERCENT: usize = 30;

/// Other files of the plugin and of `extract`, by their columns, and why they are not imported.
const UNSUPPORTED_EXPORTS: [(&[&str], &str); 5] = [
    (
        &["table", "id", "came_along", "reason", "explanation"],
        msg!("the list of what an extraction has left out or doubts: for people to read; passed over"),
    ),
    (
        &["row", "id", "change", "before", "after"],
        msg!("the list of what has changed since an earlier extraction: for people to read; passed over"),
    ),
    (
        &["inv", "product", "email", "expired_date", "expired_day", "renewal_link"],
        msg!(
            "the plugin's list of expired subscriptions: it has no start and no running membership; passed over"
        ),
    ),
    (
        &["user_id", "affiliate_name", "email", "commission", "bank_info"],
        msg!(
            "the plugin's list of unpaid commission: a sum for each affiliate, to compare by hand; passed over"
        ),
    ),
    (
        &["user_id", "name", "email", "affiliate", "group"],
        msg!("the plugin's list of users: people come from their orders; passed over"),
    ),
];

/// The columns of a file, and which of them each field is.
#[derive(Clone, Debug)]
pub struct HeaderLayout {
    /// The names of the columns as written, without those that the tool has added; repeated names are numbered.
    pub columns: Vec<String>,
    /// For each field of the form, the position of its column.
    pub positions: Vec<Option<usize>>,
    /// The number of cells in a row. A rejects file has more than `columns`, because the tool has added some.
    pub width: usize,
    /// The column map of the operator.
    pub map: ColumnMap,
}

impl HeaderLayout {
    /// A phrase that names the fields of a form that the file does not have; empty if it has all.
    pub fn missing_fields(&self, form: ExportForm) -> Detail {
        let fields = form.fields.iter().zip(&self.positions).filter(|(_, position)| position.is_none());
        let missed = fields.filter(|(field, _)| !field.beyond_checklist);
        let names: Vec<&str> = missed.map(|(field, _)| field.name).collect();
        match names.is_empty() {
            true => Detail::default(),
            false => Detail::said(|| tr!("no columns {}", names.join(", "))),
        }
    }

    /// Whether the tool has written the file: rejects that were corrected and come back.
    pub fn is_rejects_file(&self) -> bool {
        self.columns.len() < self.width
    }

    /// The columns that are no field; their cells are kept in the payload.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .enumerate()
            .filter(|(at, name)| !self.positions.contains(&Some(*at)) && !name.trim().is_empty())
            .map(|(_, name)| name.as_str())
    }
}

/// Every name and alias of a field.
static FIELD_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let fields = ExportForm::ALL.iter().flat_map(|form| form.fields);
    fields.flat_map(|field| field.aliases.iter().copied().chain([field.name])).collect()
});

/// The columns of a header by their normalised names. A line of a damaged file may have as many cells as it has bytes: each is
/// looked at once, and not once for each field of each form.
struct HeaderNames<'a> {
    columns: &'a [String],
    /// The positions of the columns that some field is called by and that the column map does not have, by their normalised names.
    free: HashMap<String, Vec<usize>>,
    /// The positions of those that it has, by their fields.
    mapped: HashMap<&'a str, Vec<usize>>,
}

impl HeaderNames<'_> {
    /// The columns that can be a field: those of the column map, else those of the field's name, else those of
    /// an alias.
    fn of(&self, field: &FieldSpec) -> Vec<usize> {
        if let Some(found) = self.mapped.get(field.name).or_else(|| self.free.get(field.name)) {
            return found.clone();
        }
        let mut found: Vec<usize> =
            field.aliases.iter().filter_map(|alias| self.free.get(*alias)).flatten().copied().collect();
        found.sort_unstable();
        found
    }

    fn positions(&self, form: ExportForm) -> Vec<Option<usize>> {
        form.fields.iter().map(|field| self.of(field).first().copied()).collect()
    }

    fn refuse_double_columns(&self, form: ExportForm) -> anyhow::Result<()> {
        for field in form.fields {
            if let [first, second, ..] = self.of(field)[..] {
                let (first, second) = (&self.columns[first], &self.columns[second]);
                return Err(Failure::input(tr!(
                    "the columns \"{first}\" and \"{second}\" both look like {}; say with --columns which one is",
                    field.name
                )));
            }
        }
        Ok(())
    }
}

/// The form and the columns of a recognised header.
#[derive(Clone, Debug)]
pub(crate) struct RecognisedHeader {
    /// The form.
    pub form: ExportForm,
    /// The columns.
    pub layout: HeaderLayout,
}

/// How well a line matches the known headers: whether all required columns are there, and the number of known
/// columns. A greater score is a better match.
pub(super) fn header_score(columns: &[String], map: &ColumnMap) -> (bool, usize) {
    let (_, complete, known, _) = nearest_form(&names(columns, map));
    (complete || unsupported_export(columns).is_some(), known)
}

fn names<'a>(columns: &'a [String], map: &'a ColumnMap) -> HeaderNames<'a> {
    let mut names = HeaderNames { columns, free: HashMap::new(), mapped: HashMap::new() };
    for (at, column) in columns.iter().enumerate() {
        let plain = normalized_name(column);
        match map.field_of(&plain) {
            Some(field) => names.mapped.entry(field).or_default().push(at),
            None if FIELD_NAMES.contains(plain.as_str()) => names.free.entry(plain).or_default().push(at),
            None => {}
        }
    }
    names
}

/// The form of which a header has the most columns, because an export of orders has columns of affiliates, too.
/// With it: whether the header is complete, the number of known columns, and their percentage of the form.
fn nearest_form(names: &HeaderNames<'_>) -> (ExportForm, bool, usize, usize) {
    let rate = |form: ExportForm| {
        let positions = names.positions(form);
        let known = positions.iter().flatten().count();
        let complete = missing(form, &positions).next().is_none();
        let all = form.fields.iter().filter(|field| !field.beyond_checklist).count();
        (known, (known * 100 / all).min(100), complete)
    };
    let (best, (known, percent, complete)) = ExportForm::ALL
        .into_iter()
        .map(|form| (form, rate(form)))
        .max_by_key(|(_, rate)| *rate)
        .unwrap_or((ExportForm::ALL[0], (0, 0, false)));
    (best, complete, known, percent)
}

fn unsupported_export(columns: &[String]) -> Option<&'static str> {
    let plain: Vec<String> = columns.iter().map(|column| normalized_name(column)).collect();
    let has = |names: &[&str]| names.iter().all(|name| plain.iter().any(|plain| plain == name));
    UNSUPPORTED_EXPORTS.iter().find(|(names, _)| has(names)).map(|(_, what)| said(what))
}

/// Recognises a header.
///
/// # Errors
/// Exit code 6: a required column is missing (the message names the most similar one), two columns are the
/// same field, or the file is no export.
pub(crate) fn recognise(columns: &[String], map: &ColumnMap) -> anyhow::Result<RecognisedHeader> {
    let names = names(columns, map);
    let (form, complete, _, percent) = nearest_form(&names);
    let positions = names.positions(form);
    if complete {
        names.refuse_double_columns(form)?;
        let own = columns.iter().position(|column| column == CODE_COLUMN).unwrap_or(columns.len());
        let columns_of_source = distinct(&columns[..own]);
        let layout =
            HeaderLayout { columns: columns_of_source, positions, width: columns.len(), map: map.clone() };
        return Ok(RecognisedHeader { form, layout });
    }
    if let Some(what) = unsupported_export(columns) {
        return Err(Failure::foreign_file(what));
    }
    let message = mismatch_message(columns, form, &positions, percent);
    let foreign = !is_similar(form, &positions, percent);
    Err(if foreign { Failure::foreign_file(message) } else { Failure::input(message) })
}

/// Whether a header was meant to be this form: it has a good part of all its columns, or most of those that it must
/// have.
fn is_similar(form: ExportForm, positions: &[Option<usize>], percent: usize) -> bool {
    let required = form.fields.iter().filter(|field| field.required).count();
    let there = required - missing(form, positions).count();
    percent >= SIMILAR_PERCENT || there >= 3 && there * 3 >= required * 2
}

/// Numbers repeated names, because the payload keeps a row's cells by their column's name.
fn distinct(columns: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::with_capacity(columns.len());
    let mut next: HashMap<&str, usize> = HashMap::new();
    let mut distinct = Vec::with_capacity(columns.len());
    for column in columns {
        let number = next.entry(column).or_insert(1);
        loop {
            let name = if *number == 1 { column.clone() } else { format!("{column} ({number})") };
            *number += 1;
            if taken.insert(name.clone()) {
                distinct.push(name);
                break;
            }
        }
    }
    distinct
}

fn missing(form: ExportForm, positions: &[Option<usize>]) -> impl Iterator<Item = &'static str> {
    form.fields
        .iter()
        .zip(positions)
        .filter(|(field, position)| field.required && position.is_none())
        .map(|(field, _)| field.name)
}

/// Removes text that the plugin has printed right before the header's first cell; `None` if there is none.
/// `Format distrik tidak sesuai.INV` becomes `INV`.
pub(super) fn strip_glued_text(first: &str, map: &ColumnMap) -> Option<String> {
    let bare = first.trim_end_matches(['"', ' ']);
    let known = |plain: &str| {
        map.field_of(plain).is_some()
            || ExportForm::ALL
                .iter()
                // Their first column is called "id", as the end of many another name is.
                .filter(|form| form.kind != SourceKind::Commissions)
                .any(|form| form.fields.first().is_some_and(|field| field.is_called(plain)))
    };
    if known(&normalized_name(bare)) {
        return None;
    }
    let starts = bare.char_indices().map(|(at, _)| at).skip(1);
    let longest = LONGEST_NAME.max(map.longest_name());
    let starts = starts.filter(|at| bare.len() - at <= longest);
    let after_text = |at: &usize| bare[..*at].ends_with(|c: char| !c.is_alphanumeric() && c != '_');
    let tail = starts.filter(after_text).map(|at| &bare[at..]).find(|tail| known(&normalized_name(tail)))?;
    Some(tail.trim_matches(['"', ' ']).to_owned())
}

fn mismatch_message(
    columns: &[String],
    form: ExportForm,
    positions: &[Option<usize>],
    percent: usize,
) -> String {
    if !is_similar(form, positions, percent) {
        let seen: Vec<&str> = columns.iter().take(6).map(String::as_str).collect();
        let seen = excerpt(&seen.join(","), 80);
        return tr!("not a Sejoli export: its first line reads \"{seen}\"");
    }
    let gaps: Vec<String> = missing(form, positions).map(|name| nearest_column(name, columns)).collect();
    tr!("looks like {}, but lacks {}", form.kind.name(), gaps.join(", "))
}

fn nearest_column(name: &str, columns: &[String]) -> String {
    let score = |column: &String| strsim::jaro_winkler(name, &normalized_name(column));
    let best = columns.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    match best.filter(|column| score(column) > 0.7) {
        Some(column) => tr!("the column {name} (nearest: \"{column}\")"),
        None => tr!("the column {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::source_kind::ExportProfile;

    fn header(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    fn form_of(line: &str) -> anyhow::Result<RecognisedHeader> {
        recognise(&header(line), &ColumnMap::default())
    }

    #[test]
    fn each_form_is_known_by_its_columns() {
        for form in ExportForm::ALL {
            let names: Vec<String> = form.fields.iter().map(|field| field.name.to_owned()).collect();
            assert_eq!(recognise(&names, &ColumnMap::default()).unwrap().form, form);
        }
    }

    #[test]
    fn case_spaces_and_the_order_of_columns_do_not_matter() {
        let found = form_of("Status,Membership ID,USER EMAIL,product_id,Start-Date").unwrap();
        assert_eq!(found.form.kind, SourceKind::Memberships);
        assert_eq!(found.layout.positions[0], Some(1));
    }

    #[test]
    fn indonesian_names_are_understood() {
        let line = "No. Order,Tanggal Order,ID Produk,Nama Pembeli,Email,No. HP,Total,Status,Warna";
        let found = form_of(line).unwrap();
        assert_eq!(found.form.kind, SourceKind::Orders);
        assert_eq!(found.layout.unknown().collect::<Vec<_>>(), ["Warna"]);
    }

    #[test]
    fn the_plugins_orders_of_all_ages_are_native() {
        let newest = "INV,product,created_at,name,email,phone,quantity,price,status,affiliate,affiliate_id,address,\
                      payment,courier,variant,notes";
        let without = |names: &[&str]| {
            let kept = newest.split(',').filter(|name| !names.contains(name));
            kept.collect::<Vec<_>>().join(",")
        };
        let ages: [&[&str]; 4] = [
            &[],
            &["quantity", "payment"],
            &["quantity", "payment", "notes"],
            &["quantity", "payment", "notes", "address", "courier", "variant"],
        ];
        for missing in ages {
            let found = form_of(&without(missing)).unwrap();
            assert_eq!((found.form.kind, found.form.profile), (SourceKind::Orders, ExportProfile::Native));
        }
    }

    #[test]
    fn other_files_of_the_plugin_are_called_by_their_names() {
        for (line, what) in [
            (
                "INV,product,created_at,name,email,phone,expired_date,expired_day,renewal_link",
                "subscriptions",
            ),
            ("user_id,affiliate name,email,phone,commission,bank info", "unpaid commission"),
            ("User ID,name,email,phone,address,affiliate,group", "users"),
        ] {
            let error = form_of(line).unwrap_err().to_string();
            assert!(error.contains(what) && error.contains("passed over"), "{error}");
        }
    }

    #[test]
    fn two_columns_for_one_field_are_not_chosen_between() {
        let line = "order_id,order_date,product_id,email,Total,Harga,status";
        let error = form_of(line).unwrap_err().to_string();
        assert!(error.contains("\"Total\" and \"Harga\"") && error.contains("--columns"), "{error}");
        form_of("order_id,order_date,product_id,email,Total,amount,status")
            .expect("the field's own name counts");
    }

    #[test]
    fn columns_of_one_name_are_told_apart() {
        let line = "order_id,order_date,product_id,email,amount,status,catatan,,catatan,,catatan";
        let found = form_of(line).unwrap();
        assert_eq!(found.layout.columns[6..], ["catatan", "", "catatan (2)", " (2)", "catatan (3)"]);
    }

    /// What takes a turn for each pair of columns, or for each end of a cell, never comes to an end here.
    #[test]
    fn a_line_of_very_many_cells_and_a_very_long_cell_are_no_more_work_than_they_are_long() {
        let many = "catatan,".repeat(50_000);
        let line = format!("order_id,order_date,product_id,email,amount,status,{many}");
        let found = form_of(&line).unwrap();
        assert_eq!(found.layout.columns[50_005], "catatan (50000)");
        let commas = header(&",".repeat(200_000));
        assert_eq!(header_score(&commas, &ColumnMap::default()), (false, 0));
        let long = "a.".repeat(500_000);
        assert_eq!(strip_glued_text(&long, &ColumnMap::default()), None);
        assert_eq!(strip_glued_text(&format!("{long}INV"), &ColumnMap::default()).as_deref(), Some("INV"));
    }

    #[test]
    fn a_missing_column_is_named_with_the_nearest_one() {
        let error = form_of("order_id,order_date,product_id,buyer_mail,amount,payment_status,paid_date");
        let error = error.unwrap_err().to_string();
        assert!(error.contains("orders"), "{error}");
        assert!(error.contains("buyer_email (nearest: \"buyer_mail\")"), "{error}");
    }

    #[test]
    fn something_else_is_called_so() {
        let error = form_of("sku,stock,colour").unwrap_err().to_string();
        assert!(error.starts_with("not a Sejoli export"), "{error}");
    }

    #[test]
    fn text_glued_to_the_first_column_comes_off() {
        let map = ColumnMap::default();
        for (cell, name) in [
            ("Format distrik tidak sesuai.INV", Some("INV")),
            ("Format distrik tidak sesuai.Format distrik tidak sesuai.INV", Some("INV")),
            ("Format distrik tidak sesuai.\"Order ID\"", Some("Order ID")),
            ("INV", None),
            ("order_id", None),
            ("nothing of the kind", None),
        ] {
            assert_eq!(strip_glued_text(cell, &map).as_deref(), name, "{cell}");
        }
    }
}
