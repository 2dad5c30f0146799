//! Recognising an export by its header: by the names of the columns, never by the file's name.

use crate::exit_code::Failure;

use super::SourceKind;

/// The columns of a file: as they stand there, and where each known one is.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The header's cells as they are.
    pub columns: Vec<String>,
    /// For each field of the kind, the column's position.
    pub positions: Vec<Option<usize>>,
}

impl Layout {
    /// The columns that the tool does not know; they are kept in the payload.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.positions.contains(&Some(*at)))
            .map(|(_, name)| name.as_str())
    }

    fn match_fields(columns: &[String], kind: SourceKind) -> Vec<Option<usize>> {
        let names: Vec<String> = columns.iter().map(|column| normal(column)).collect();
        kind.fields().iter().map(|field| names.iter().position(|name| name == field.name)).collect()
    }
}

/// A column's name without case, spaces and underscores counted as one.
fn normal(column: &str) -> String {
    let words: Vec<String> =
        column.trim().split([' ', '_', '-']).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join("_")
}

const KINDS: [SourceKind; 4] =
    [SourceKind::Orders, SourceKind::Memberships, SourceKind::Affiliates, SourceKind::Products];

/// The kind and layout of a file with this header: the kind of which it has the most columns (an
/// export of orders has columns of affiliates, too).
///
/// # Errors
/// Exit code 6: which column is missing and what stands nearest to it, or that this is no export.
pub fn recognise(columns: &[String]) -> anyhow::Result<(SourceKind, Layout)> {
    let likeness = |kind: SourceKind| {
        let known = Layout::match_fields(columns, kind).into_iter().flatten().count();
        (known, known * 100 / kind.fields().len())
    };
    let kind = KINDS.into_iter().max_by_key(|&kind| likeness(kind)).unwrap_or(SourceKind::Orders);
    let positions = Layout::match_fields(columns, kind);
    let complete = missing(kind, &positions).next().is_none();
    if complete {
        return Ok((kind, Layout { columns: columns.to_vec(), positions }));
    }
    Err(Failure::input(explain(columns, kind, &positions, likeness(kind).1)))
}

fn missing(kind: SourceKind, positions: &[Option<usize>]) -> impl Iterator<Item = &'static str> {
    kind.fields()
        .iter()
        .zip(positions)
        .filter(|(field, position)| field.required && position.is_none())
        .map(|(field, _)| field.name)
}

/// Why a header is none: of the kind that it resembles most, what is missing.
fn explain(columns: &[String], kind: SourceKind, positions: &[Option<usize>], percent: usize) -> String {
    if percent < 30 {
        let seen: Vec<&str> = columns.iter().take(6).map(String::as_str).collect();
        return format!("not a Sejoli export: its first line reads \"{}\"", seen.join(","));
    }
    let gaps: Vec<String> = missing(kind, positions).map(|name| nearest(name, columns)).collect();
    format!("looks like {}, but lacks {}", kind.name(), gaps.join(", "))
}

fn nearest(name: &str, columns: &[String]) -> String {
    let score = |column: &String| strsim::jaro_winkler(name, &normal(column));
    let best = columns.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    match best.filter(|column| score(column) > 0.7) {
        Some(column) => format!("the column {name} (nearest: \"{column}\")"),
        None => format!("the column {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn each_kind_is_known_by_its_columns() {
        for kind in KINDS {
            let names: Vec<String> = kind.fields().iter().map(|field| field.name.to_owned()).collect();
            assert_eq!(recognise(&names).unwrap().0, kind);
        }
    }

    #[test]
    fn case_spaces_and_the_order_of_columns_do_not_matter() {
        let line = "Status,Membership ID,USER EMAIL,product_id,Start-Date";
        let (kind, layout) = recognise(&header(line)).unwrap();
        assert_eq!(kind, SourceKind::Memberships);
        assert_eq!(layout.positions[0], Some(1));
    }

    #[test]
    fn a_missing_column_is_named_with_the_nearest_one() {
        let line = "order_id,order_date,product_id,buyer_mail,amount,payment_status,paid_date";
        let error = recognise(&header(line)).unwrap_err().to_string();
        assert!(error.contains("orders"), "{error}");
        assert!(error.contains("buyer_email (nearest: \"buyer_mail\")"), "{error}");
    }

    #[test]
    fn something_else_is_called_so() {
        let error = recognise(&header("sku,stock,colour")).unwrap_err().to_string();
        assert!(error.starts_with("not a Sejoli export"), "{error}");
    }
}
