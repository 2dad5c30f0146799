//! The operator's list as text.

use crate::cli::render::table::number;
use crate::operator::OperatorList;

/// How wide a line of the list may be.
const WIDTH: usize = 78;

/// The list, with the jobs that would take something.
pub(crate) fn text(list: &OperatorList) -> String {
    let mut text = String::new();
    for (before, title) in [(true, "Before the import"), (false, "After the import")] {
        text.push_str(&format!("\n{title}\n"));
        for task in list.tasks.iter().filter(|task| task.before == before) {
            text.push_str(&item("- ", &task.text));
        }
    }
    text.push_str("\nThe app's jobs, and the imported rows that each would take now\n");
    for job in &list.jobs {
        text.push_str(&item(&format!("{:>7}  {}: ", number(job.rows), job.name), job.meaning));
    }
    text.push_str("\nFor the app's developers: no row can repair this\n");
    for patch in &list.patches {
        text.push_str(&item("- ", &format!("{}: {}", patch.place, patch.meaning)));
    }
    text
}

/// A paragraph that begins with `mark`, its further lines indented.
fn item(mark: &str, words: &str) -> String {
    let indent = if mark.len() > 4 { 9 } else { mark.len() };
    let (mut text, mut line) = (String::new(), format!("  {mark}"));
    let mut is_empty = true;
    for word in words.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = " ".repeat(2 + indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    text.push_str(&line);
    text.push('\n');
    text
}
