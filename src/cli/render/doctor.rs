//! The result of `doctor`.

use crate::cli::render::operator;
use crate::cli::render::table::number;
use crate::doctor::Diagnosis;
use crate::language::tr;
use crate::store::engines::health::SettingVerdict;

/// A diagnosis as text: the checks, then what the files need.
pub(crate) fn text(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    let width = diagnosis.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in &diagnosis.checks {
        text.push_str(&format!("{:<7}  {:<width$}  {}\n", word(check.verdict), check.name, check.found));
        if !check.meaning.is_empty() {
            text.push_str(&format!("{:9}{:<width$}  {}\n", "", "", check.meaning));
        }
    }
    if let Some(needs) = &diagnosis.needs {
        let megabytes = |bytes: u64| number(bytes.div_ceil(1_000_000));
        text.push_str(&tr!(
            "\n{} records: about {} min, {} MB on the database's disk, {} MB of memory here\n",
            number(needs.records),
            number(needs.seconds.div_ceil(60)),
            megabytes(needs.disk),
            megabytes(needs.memory)
        ));
    }
    if let Some(list) = &diagnosis.operator {
        text.push_str(&operator::text(list));
    }
    let ending = match diagnosis.verdict {
        SettingVerdict::Ok => tr!("An import can begin."),
        SettingVerdict::Warning => tr!("An import can begin; see the warnings."),
        SettingVerdict::Stop => tr!("An import cannot begin."),
    };
    text.push_str(&format!("\n{ending}\n"));
    text
}

fn word(verdict: SettingVerdict) -> &'static str {
    match verdict {
        SettingVerdict::Ok => tr!("ok"),
        SettingVerdict::Warning => tr!("warning"),
        SettingVerdict::Stop => tr!("stop"),
    }
}
