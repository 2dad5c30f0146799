//! The search for the values that a row had, of which the journal has kept a fingerprint.

use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::Table;
use crate::store::codec::value::Value;
use crate::verify::RowProof;

/// How many columns of a row may have been changed at most.
const COLUMNS: usize = 4;

/// How many rows are tried for one fingerprint.
const TRIES: u32 = 200_000;

/// A value of a column, by the column's position.
pub(super) type Found = (usize, Value);

/// The values that a row had where today's are others; none if no choice of the candidates has the fingerprint. `together`
/// are values that belong together, of which all are taken or none.
pub(super) fn solve(
    table: &'static Table,
    proof: &RowProof,
    together: &[Vec<Found>],
    candidates: impl Fn(usize, &Value) -> Vec<Value>,
) -> Option<Vec<Found>> {
    let (row, columns, of_today, after) = match proof {
        RowProof::Values(values) => return Some(values.clone()),
        RowProof::Fingerprint { row, columns, of_today, after } => {
            (row, columns.as_deref(), of_today, *after)
        }
    };
    let mut options: Vec<(usize, Vec<Value>)> =
        of_today.iter().map(|&at| (at, candidates(at, &row[at]))).collect();
    options.retain(|(_, values)| !values.is_empty());
    // A column with few possible values is the likelier one to be tried in time.
    options.sort_by_key(|(_, values)| values.len());
    let mut search = ProofSearch { table, columns, row: row.clone(), after, tries: TRIES };
    let several = together.iter().find_map(|values| search.choose_together(values, of_today, &options));
    several.or_else(|| (1..=COLUMNS).find_map(|size| search.choose(&options, size)))
}

struct ProofSearch<'a> {
    table: &'static Table,
    columns: Option<&'a [usize]>,
    row: Vec<Value>,
    after: u64,
    tries: u32,
}

impl ProofSearch<'_> {
    /// Tries values that belong together, with at most one other column.
    fn choose_together(
        &mut self,
        values: &[Found],
        of_today: &[usize],
        options: &[(usize, Vec<Value>)],
    ) -> Option<Vec<Found>> {
        let today = self.row.clone();
        let changed = values.iter().filter(|(at, value)| of_today.contains(at) && today[*at] != *value);
        let changed: Vec<Found> = changed.cloned().collect();
        if changed.is_empty() {
            return None;
        }
        changed.iter().for_each(|(at, value)| self.row[*at] = value.clone());
        let is_other = |at: &usize| values.iter().all(|(taken, _)| taken != at);
        let others: Vec<(usize, Vec<Value>)> =
            options.iter().filter(|(at, _)| is_other(at)).cloned().collect();
        let found = (0..=1).find_map(|size| self.choose(&others, size));
        self.row = today;
        found.map(|found| [changed, found].concat())
    }

    /// Tries every choice of a number of columns.
    fn choose(&mut self, options: &[(usize, Vec<Value>)], size: usize) -> Option<Vec<Found>> {
        if size == 0 {
            self.tries = self.tries.checked_sub(1)?;
            return self.holds().then(Vec::new);
        }
        for (next, (at, values)) in options.iter().enumerate() {
            let today = self.row[*at].clone();
            for value in values {
                self.row[*at] = value.clone();
                if let Some(mut found) = self.choose(&options[next + 1..], size - 1) {
                    found.push((*at, value.clone()));
                    return Some(found);
                }
                if self.tries == 0 {
                    return None;
                }
            }
            self.row[*at] = today;
        }
        None
    }

    fn holds(&self) -> bool {
        let found = match self.columns {
            Some(columns) => fingerprint(columns.iter().map(|&at| &self.row[at])),
            None => self.table.fingerprint(&self.row),
        };
        found == self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::codec::record::Record as _;
    use crate::store::schema::tables::UserRole;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// A row with these values of its second and third column, and the fingerprint that it had with others.
    fn proof(today: [&str; 2], written: [&str; 2]) -> RowProof {
        let row = |[user, role]: [&str; 2]| {
            let mut row = vec![Value::Null; UserRole::TABLE.columns.len()];
            (row[0], row[1], row[2]) = (text("id"), text(user), text(role));
            row
        };
        RowProof::Fingerprint {
            row: row(today),
            columns: None,
            of_today: vec![1, 2],
            after: UserRole::TABLE.fingerprint(&row(written)),
        }
    }

    #[test]
    fn only_a_choice_with_the_fingerprint_is_taken() {
        let known = |_: usize, _: &Value| ["anna", "budi", "ADMIN", "AFFILIATE"].map(text).to_vec();
        let solved = |proof: &RowProof| solve(UserRole::TABLE, proof, &[], known);
        assert_eq!(
            solved(&proof(["budi", "ADMIN"], ["budi", "AFFILIATE"])),
            Some(vec![(2, text("AFFILIATE"))])
        );
        let both = solved(&proof(["budi", "ADMIN"], ["anna", "AFFILIATE"])).expect("both columns");
        assert!(both.contains(&(1, text("anna"))) && both.contains(&(2, text("AFFILIATE"))), "{both:?}");
        assert_eq!(solved(&proof(["budi", "ADMIN"], ["budi", "MENTOR"])), None, "nobody has said MENTOR");
    }
}
