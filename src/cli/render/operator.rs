//! The operator's list as text.

use crate::cli::render::table::number;
use crate::language::tr;
use crate::operator::OperatorList;
use crate::terminal::wrapped;

/// The list, with the jobs that would take something.
pub(crate) fn text(list: &OperatorList) -> String {
    let mut text = String::new();
    for (before, title) in [(true, tr!("Before the import")), (false, tr!("After the import"))] {
        text.push_str(&format!("\n{title}\n"));
        for task in list.tasks.iter().filter(|task| task.before == before) {
            text.push_str(&item("- ", &task.text));
        }
    }
    text.push_str(tr!("\nThe app's jobs, and the imported rows that each would take\n"));
    for job in &list.jobs {
        text.push_str(&item(&format!("{:>7}  {}: ", number(job.rows), job.name), job.meaning));
    }
    text.push_str(tr!("\nFor the app's developers: no row can repair this\n"));
    for patch in &list.patches {
        text.push_str(&item("- ", &format!("{}: {}", patch.place, patch.meaning)));
    }
    text
}

/// A paragraph that begins with `mark`, its further lines indented.
fn item(mark: &str, words: &str) -> String {
    let indent = if mark.len() > 4 { 11 } else { 2 + mark.len() };
    wrapped(&format!("  {mark}"), &" ".repeat(indent), words)
}
