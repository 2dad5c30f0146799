//! The file of metrics, in Prometheus' text format, for the textfile collector of its node exporter.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::domain::books::{Books, RowsAndAmount};
use crate::monitor::state::CommandState;

/// Writes the file whole or not at all: a collector never reads half of it. A collector runs as another user, so
/// everybody may read it; it holds figures alone.
pub(super) fn write(state: &CommandState, path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text(state).as_bytes())?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A family of metrics that is being written.
struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Family<'_> {
    fn sample(&mut self, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "sejoli_migrate_{}{labels} {value}", self.name);
    }
}

/// A value of a label, by the rules of the format.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Writes a family: what it means, then its samples. A family without samples is left out.
fn family(text: &mut String, name: &'static str, help: &str, samples: impl FnOnce(&mut Family<'_>)) {
    let mut written = String::new();
    samples(&mut Family { text: &mut written, name });
    if !written.is_empty() {
        let _ = write!(
            text,
            "# HELP sejoli_migrate_{name} {help}\n# TYPE sejoli_migrate_{name} gauge\n{written}"
        );
    }
}

/// The metrics of a command.
pub(super) fn text(state: &CommandState) -> String {
    let mut text = String::new();
    about(&mut text, state);
    phases(&mut text, state);
    books(&mut text, state);
    end(&mut text, state);
    text
}

fn about(text: &mut String, state: &CommandState) {
    let dry_run = if state.dry_run { "true" } else { "false" };
    family(text, "info", "The command, its run and the release; always 1.", |family| {
        let run = state.run.as_deref().unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        family.sample(
            &[("command", state.command), ("run", run), ("dry_run", dry_run), ("version", version)],
            1,
        );
    });
    family(text, "running", "1 while the command works, 0 when it has ended.", |family| {
        family.sample(&[], u8::from(state.ended.is_none()));
    });
    family(text, "start_time_seconds", "When the command began, in Unix time.", |family| {
        family.sample(&[], state.began_at.timestamp());
    });
    family(text, "update_time_seconds", "When this file was written, in Unix time.", |family| {
        family.sample(&[], chrono::Utc::now().timestamp());
    });
    family(text, "duration_seconds", "How long the command has worked.", |family| {
        family.sample(&[], format!("{:.3}", state.seconds()));
    });
}

fn phases(text: &mut String, state: &CommandState) {
    family(text, "phase_processed_rows", "Records that the phase has done.", |family| {
        state.phases.iter().for_each(|phase| family.sample(&[("phase", &phase.name)], phase.done));
    });
    family(text, "phase_expected_rows", "Records that the phase has, where that is known.", |family| {
        let known = state.phases.iter().filter(|phase| phase.total > 0);
        known.for_each(|phase| family.sample(&[("phase", &phase.name)], phase.total));
    });
    family(text, "phase_duration_seconds", "How long the phase has taken.", |family| {
        let phases = state.phases.iter();
        phases.for_each(|phase| family.sample(&[("phase", &phase.name)], format!("{:.3}", phase.seconds)));
    });
}

/// What became of the rows of a phase, in the words of the books.
fn outcomes(books: &Books) -> [(&'static str, RowsAndAmount); 6] {
    [
        ("read", books.read),
        ("created", books.created),
        ("updated", books.updated),
        ("unchanged", books.unchanged),
        ("held", books.held),
        ("rejected", books.rejected),
    ]
}

fn books(text: &mut String, state: &CommandState) {
    let each = |family: &mut Family<'_>, figure: fn(RowsAndAmount) -> i128| {
        for (phase, books) in &state.books {
            for (outcome, entry) in outcomes(books) {
                family.sample(&[("phase", phase), ("outcome", outcome)], figure(entry));
            }
        }
    };
    let rows = "Rows of the source by what became of them; read is the sum of the others.";
    family(text, "rows", rows, |family| each(family, |entry| i128::from(entry.rows)));
    let amounts = "The amounts of these rows in sen, hundredths of a rupiah.";
    family(text, "amount_sen", amounts, |family| each(family, |entry| i128::from(entry.amount.minor())));
    family(text, "findings", "Findings by their code.", |family| {
        for (phase, books) in &state.books {
            let found = books.findings.iter();
            found.for_each(|(code, count)| family.sample(&[("phase", phase), ("code", code)], count));
        }
    });
    family(text, "differences", "Values that a verification has found to differ.", |family| {
        state.differences.iter().for_each(|count| family.sample(&[], count));
    });
}

fn end(text: &mut String, state: &CommandState) {
    let Some((at, code)) = state.ended else { return };
    family(text, "end_time_seconds", "When the command ended, in Unix time.", |family| {
        family.sample(&[], at.timestamp());
    });
    family(text, "exit_code", "The exit code: 0 done, 3 done and rows were left; others failed.", |family| {
        family.sample(&[("meaning", code.word())], code as u8);
    });
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_label_cannot_end_its_line() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
