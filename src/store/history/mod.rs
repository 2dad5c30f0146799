//! What is remembered of writes: runs and their checkpoints, before-images, and rows that were seen to stand.

pub mod images;
pub mod journal;
pub mod row_fingerprints;
pub mod runs;
