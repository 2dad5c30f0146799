//! Control totals as text.

use crate::cli::control_totals::ControlTotal;
use crate::cli::render::junit::JunitCase;
use crate::language::tr;

/// The control totals, a line each.
pub(crate) fn text(controls: &[ControlTotal]) -> String {
    let line = |control: &ControlTotal| {
        let word = if control.holds { tr!("holds") } else { tr!("DIFFERS") };
        let ControlTotal { name, expected, found, .. } = control;
        tr!("\nControl total {name}: {word} (expected {expected}, found {found})")
    };
    let lines: String = controls.iter().map(line).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}

/// A control total as a test case.
pub(crate) fn junit(control: &ControlTotal) -> JunitCase {
    let ControlTotal { name, expected, found, holds } = control;
    let said = format!("expected {expected}, found {found}");
    let details = if *holds { Vec::new() } else { vec![said.clone()] };
    JunitCase::of_details("control totals", &format!("control total of {name}"), said, details)
}
