//! The app's two forms, and tables that are not there.

use super::right_state::imported;
use super::{reads, verified};
use crate::support::{Engine, on_each_engine};

fn placeholder(engine: Engine) {
    let db = imported(engine);
    assert!(reads(&verified(&db)).count() > 0);
}

on_each_engine!(placeholder);
