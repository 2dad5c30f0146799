//! Which orders are looked at together: the rows of the files, part by part, and then the orders that no file has.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::domain::source_id;
use crate::source::Export;
use crate::store::queries;
use crate::store::session::store::Store;
use crate::verify::orders_without_log::OrdersWithoutLog;
use crate::verify::read_once::ReadOnce;
use crate::verify::reader::{ExportReader, ExportRow, SheetLayout};
use crate::verify::stored_orders::CHUNK;

/// Orders that are looked at together.
pub(super) struct OrderChunk {
    /// Which part it is, counted from 1.
    pub(super) number: usize,
    /// What it consists of.
    pub(super) part: OrderPart,
    /// The numbers in it that an earlier part had.
    repeated: HashSet<String>,
}

/// What a part of the orders is made of.
pub(super) enum OrderPart {
    /// Rows of a file.
    Rows(Arc<SheetLayout>, Vec<ExportRow>),
    /// The numbers of orders that no file has.
    OfNoFile(Vec<String>),
}

impl OrderChunk {
    /// Whether no earlier part had an order, so that it is looked at here.
    pub(super) fn is_first_with(&self, number: &str) -> bool {
        self.repeated.is_empty() || !self.repeated.contains(number)
    }

    /// The two halves of it.
    ///
    /// # Errors
    /// The number of its only order, where there is no more than one.
    pub(super) fn halves(mut self) -> Result<[Self; 2], String> {
        if self.part.len() < 2 {
            return Err(self.part.numbers().pop().map(Cow::into_owned).unwrap_or_default());
        }
        let part = self.part.split_off(self.part.len() / 2);
        let mut repeated = self.repeated.clone();
        repeated.extend(self.part.numbers().into_iter().map(Cow::into_owned));
        let number = self.number;
        Ok([self, Self { number, part, repeated }])
    }
}

impl OrderPart {
    fn len(&self) -> usize {
        match self {
            OrderPart::Rows(_, rows) => rows.len(),
            OrderPart::OfNoFile(numbers) => numbers.len(),
        }
    }

    /// Takes what stands behind some of it away.
    fn split_off(&mut self, at: usize) -> Self {
        match self {
            OrderPart::Rows(sheet, rows) => OrderPart::Rows(sheet.clone(), rows.split_off(at)),
            OrderPart::OfNoFile(numbers) => OrderPart::OfNoFile(numbers.split_off(at)),
        }
    }

    /// The numbers of its orders, as far as they can be told.
    pub(super) fn numbers(&self) -> Vec<Cow<'_, str>> {
        match self {
            OrderPart::Rows(sheet, rows) => numbers_of(sheet, rows).collect(),
            OrderPart::OfNoFile(numbers) => numbers.iter().map(|number| number.as_str().into()).collect(),
        }
    }
}

/// The orders that rows of a file are of.
fn numbers_of<'r>(sheet: &'r SheetLayout, rows: &'r [ExportRow]) -> impl Iterator<Item = Cow<'r, str>> {
    let cells = rows.iter().filter_map(|row| row.cells.as_ref());
    cells.map(|cells| source_id::key(sheet.cell(cells, 0).trim()))
}

/// All orders, part by part. Each part is handed out once, whoever asks.
pub(super) struct OrderFeed<'a> {
    exports: std::slice::Iter<'a, &'a Export>,
    reader: Option<ExportReader>,
    chunks: usize,
    taken: OrderNumbers,
    /// The orders whose webhook log is gone, until they are among those that are left.
    without_log: Option<&'a ReadOnce<OrdersWithoutLog>>,
    /// Orders that no file has.
    left: VecDeque<String>,
    /// The number behind which the database was not asked yet for orders that no file has; none where all are known.
    unasked_after: Option<String>,
}

impl<'a> OrderFeed<'a> {
    /// The rows of these files, and the orders that are in the database alone, those whose webhook log is gone among them.
    pub(super) fn new(without_log: &'a ReadOnce<OrdersWithoutLog>, exports: &'a [&'a Export]) -> Self {
        Self {
            exports: exports.iter(),
            reader: None,
            chunks: 0,
            taken: OrderNumbers::default(),
            without_log: Some(without_log),
            left: VecDeque::new(),
            unasked_after: Some(String::new()),
        }
    }

    /// The next part; none where all orders have been handed out.
    ///
    /// # Errors
    /// Those of the files and of the database.
    pub(super) fn next(&mut self, store: &mut Store) -> anyhow::Result<Option<OrderChunk>> {
        let (part, repeated) = match self.next_rows()? {
            Some((sheet, rows)) => {
                let repeated = self.take_rows(&sheet, &rows);
                (OrderPart::Rows(sheet, rows), repeated)
            }
            None => (OrderPart::OfNoFile(self.next_of_no_file(store)?), HashSet::new()),
        };
        if matches!(&part, OrderPart::OfNoFile(numbers) if numbers.is_empty()) {
            return Ok(None);
        }
        self.chunks += 1;
        Ok(Some(OrderChunk { number: self.chunks, part, repeated }))
    }

    fn next_rows(&mut self) -> anyhow::Result<Option<(Arc<SheetLayout>, Vec<ExportRow>)>> {
        loop {
            if let Some(reader) = &mut self.reader {
                let rows = reader.chunk()?;
                if !rows.is_empty() {
                    return Ok(Some((reader.sheet(), rows)));
                }
            }
            let Some(export) = self.exports.next() else { return Ok(None) };
            self.reader = Some(ExportReader::open(export, export.form().fields));
        }
    }

    /// Notes the orders of some rows, and returns those that an earlier part had.
    fn take_rows(&mut self, sheet: &SheetLayout, rows: &[ExportRow]) -> HashSet<String> {
        let mut numbers: Vec<_> = numbers_of(sheet, rows).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let repeated = numbers.into_iter().filter(|number| !self.taken.insert(number));
        repeated.map(Cow::into_owned).collect()
    }

    fn next_of_no_file(&mut self, store: &mut Store) -> anyhow::Result<Vec<String>> {
        if let Some(without_log) = self.without_log {
            let imported = &without_log.get(|| OrdersWithoutLog::all(store))?.imported;
            self.without_log = None;
            let left = imported.iter().filter(|order| self.taken.insert(&order.number));
            self.left.extend(left.map(|order| order.number.clone()));
        }
        while self.left.len() < CHUNK
            && let Some(after) = self.unasked_after.take()
        {
            let page = store.answer(queries::orders::numbers_after(store, &after))?;
            self.unasked_after = page.next;
            self.left.extend(page.rows.into_iter().filter(|number| self.taken.insert(number)));
        }
        Ok(self.left.drain(..self.left.len().min(CHUNK)).collect())
    }
}

/// Numbers of orders in little room: most of them are made of digits alone.
#[derive(Debug, Default)]
struct OrderNumbers {
    counted: HashSet<u64>,
    others: HashSet<Box<str>>,
}

impl OrderNumbers {
    /// Adds a number; false where it was there.
    fn insert(&mut self, number: &str) -> bool {
        match number.parse().ok().filter(|_| !number.starts_with(['0', '+'])) {
            Some(counted) => self.counted.insert(counted),
            None => self.others.insert(number.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_noted_once_in_whatever_form() {
        let mut numbers = OrderNumbers::default();
        for number in ["7", "07", "+7", "INV7", "", "18446744073709551615", "18446744073709551616"] {
            assert!(numbers.insert(number), "{number}");
            assert!(!numbers.insert(number), "{number}");
        }
    }
}
