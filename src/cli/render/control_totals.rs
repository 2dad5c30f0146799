//! Control totals as text.

use crate::cli::control_totals::ControlTotal;

/// The control totals, a line each.
pub(crate) fn text(controls: &[ControlTotal]) -> String {
    let line = |control: &ControlTotal| {
        let word = if control.holds { "holds" } else { "DIFFERS" };
        let ControlTotal { name, expected, found, .. } = control;
        format!("\nControl total {name}: {word} (expected {expected}, found {found})")
    };
    let lines: String = controls.iter().map(line).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}
