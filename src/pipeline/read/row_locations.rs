//! The places of many rows. A row mostly stands on the line behind the row before it: only where it
//! does not is a place kept.

use crate::source::row_location::RowLocation;

/// The locations of rows, by row number from 0.
#[derive(Debug, Default)]
pub(crate) struct RowLocations {
    /// The rows whose location does not follow from the one before, with their numbers.
    kept: Vec<(u32, RowLocation)>,
}

impl RowLocations {
    /// Appends the location of the next row.
    pub(crate) fn add(&mut self, number: u32, location: RowLocation) {
        let follows = self.kept.last().is_some_and(|kept| following(*kept, number) == location);
        if !follows {
            self.kept.push((number, location));
        }
    }

    /// The location of the row with this number.
    pub(crate) fn of(&self, number: u32) -> RowLocation {
        let behind = self.kept.partition_point(|(kept, _)| *kept <= number);
        following(self.kept[behind - 1], number)
    }
}

/// The location of a row if every row after the given one takes one record and one line.
fn following((known, location): (u32, RowLocation), number: u32) -> RowLocation {
    match u64::from(number - known) {
        0 => location,
        rows => RowLocation {
            file: location.file,
            more_lines: 0,
            record: location.record + rows,
            line: location.last_line() + rows,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_rows_in_a_row_one_is_kept() {
        let mut locations = RowLocations::default();
        let first = RowLocation { file: 1, more_lines: 2, record: 1, line: 2 };
        locations.add(0, first);
        for number in 1..100_u32 {
            let (record, line) = (u64::from(number) + 1, u64::from(number) + 4);
            locations.add(number, RowLocation { file: 1, more_lines: 0, record, line });
        }
        assert_eq!(locations.kept, [(0, first)]);
    }

    proptest! {
        #[test]
        fn every_place_comes_back(rows in prop::collection::vec((0u32..2, 0u32..3, 1u64..5, 1u64..5), 1..40)) {
            let mut locations = RowLocations::default();
            let location = |row: (u32, u32, u64, u64)| {
                let (file, more_lines, record, line) = row;
                RowLocation { file, more_lines, record, line }
            };
            for (number, row) in (0..).zip(&rows) {
                locations.add(number, location(*row));
            }
            for (number, row) in (0..).zip(rows) {
                prop_assert_eq!(locations.of(number), location(row));
            }
        }
    }
}
