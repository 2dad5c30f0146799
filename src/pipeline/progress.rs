//! What is told while a command goes on.

/// What is told while an import goes on.
pub trait Progress {
    /// A phase begins; `total` records lie before it, 0 where nobody knows.
    fn begin(&mut self, phase: &str, total: u64);
    /// Records of the phase are done.
    fn advance(&mut self, records: u64);
    /// Something worth a line.
    fn say(&mut self, line: &str);
}
