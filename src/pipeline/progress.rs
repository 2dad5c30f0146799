//! The interface through which a command reports its progress.

use crate::domain::money::Money;

/// Receives the progress of a command.
pub trait Progress {
    /// A phase of `total` records begins; 0 means that the number is unknown.
    fn begin(&mut self, phase: &str, total: u64);
    /// This many more records of the phase are done.
    fn advance(&mut self, records: u64);
    /// What the records of the phase that are done come to.
    fn amount(&mut self, so_far: Money) {
        let _ = so_far;
    }
    /// The run that is begun or gone on with.
    fn run(&mut self, id: &str) {
        let _ = id;
    }
    /// A message for the operator, one line.
    fn say(&mut self, line: &str);
}
