//! The exit codes that the reference promises, written down a second time: a test that took them from the tool
//! would agree with whatever the tool does.

/// Done.
pub const DONE: i32 = 0;
/// An unexpected failure.
pub const UNEXPECTED: i32 = 1;
/// The command line cannot be understood.
pub const USAGE: i32 = 2;
/// Done, but rows were held or rejected.
pub const ROWS_LEFT: i32 = 3;
/// A verification or a control total failed.
pub const VERIFICATION_FAILED: i32 = 4;
/// The command refused to begin.
pub const REFUSED: i32 = 5;
/// The files cannot be used.
pub const INPUT: i32 = 6;
/// The database cannot be used.
pub const DATABASE: i32 = 7;
/// Ended between two batches by SIGTERM.
pub const TERMINATED: i32 = 143;
