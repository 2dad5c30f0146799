//! One file for all runs of a target: making and removing one each time was a good part of a run.

use std::cell::RefCell;
use std::io::{Seek as _, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

thread_local! {
    static FILE: RefCell<NamedTempFile> = RefCell::new(NamedTempFile::new().expect("a file"));
}

/// Reads a file that holds these parts, one behind the other.
pub fn with(parts: &[&[u8]], read: impl FnOnce(&Path)) {
    FILE.with_borrow_mut(|file| {
        file.as_file().set_len(0).expect("it is emptied");
        file.rewind().expect("it is rewound");
        for part in parts {
            file.write_all(part).expect("it is written");
        }
        read(file.path());
    });
}
