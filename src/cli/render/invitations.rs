//! The lists of `report invitations`. They name people and their addresses, so only their owner may read the files.

use std::path::{Path, PathBuf};

use rust_xlsxwriter::Workbook;
use tempfile::NamedTempFile;

use crate::cli::render::table::{number, table};
use crate::domain::date::{FOREVER, SourceZone};
use crate::failure::Failure;
use crate::language::{Language, tr};
use crate::report::invitations::{Delivery, DomainRate, Invitation, InvitationCounts};
use crate::source::formula_escape::escape_formula;

/// A list with its header.
#[derive(Debug)]
struct InvitationList {
    name: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

/// The three lists: mail, WhatsApp, and the domains.
#[derive(Debug)]
pub(crate) struct Lists {
    reset_page: String,
    language: Language,
    zone: SourceZone,
    mail: InvitationList,
    whatsapp: InvitationList,
    domains: InvitationList,
}

const MAIL: &[&str] =
    &["email", "name", "segment", "plan", "expires", "balance", "reset_page", "language", "suggested_email"];
const WHATSAPP: &[&str] =
    &["number", "name", "segment", "plan", "expires", "balance", "reset_page", "language", "email", "why"];
const DOMAINS: &[&str] = &["domain", "people", "mistyped", "impossible", "likely_bounces_percent"];

impl Lists {
    /// Empty lists, of mails that lead to this page.
    pub(crate) fn new(reset_page: String, language: Language, zone: SourceZone) -> Self {
        let list = |name, columns| InvitationList { name, columns, rows: Vec::new() };
        Self {
            reset_page,
            language,
            zone,
            mail: list("invitations", MAIL),
            whatsapp: list("whatsapp", WHATSAPP),
            domains: list("domains", DOMAINS),
        }
    }

    /// Adds somebody. Where nothing can be delivered to the address, only the number is left; where it is mistyped, both
    /// lists have the person.
    pub(crate) fn add(&mut self, one: &Invitation) {
        let expires = one.plan.as_ref().map(|(_, end)| match *end >= FOREVER {
            true => "lifetime".to_owned(),
            false => self.zone.day_of(*end),
        });
        let said = [
            one.name.clone(),
            one.segment.as_str().to_owned(),
            one.plan.as_ref().map(|(plan, _)| plan.clone()).unwrap_or_default(),
            expires.unwrap_or_default(),
            one.balance.plain(),
            self.reset_page.clone(),
            self.language.tag().to_owned(),
        ];
        let row = |first: &str, last: &[&str]| -> Vec<String> {
            let first = std::iter::once(first.to_owned());
            first.chain(said.iter().cloned()).chain(last.iter().map(|cell| (*cell).to_owned())).collect()
        };
        if one.delivery != Delivery::Impossible {
            let suggested = one.suggested.as_deref().unwrap_or_default();
            self.mail.rows.push(row(&one.email, &[suggested]));
        }
        let why = match one.delivery {
            Delivery::Likely => return,
            Delivery::Mistyped => "mistyped",
            Delivery::Impossible => tr!("no mail can be delivered"),
        };
        if let Some(number) = &one.number {
            self.whatsapp.rows.push(row(number, &[&one.email, why]));
        }
    }

    /// Adds the domains with their rates.
    pub(crate) fn add_domains(&mut self, domains: &[DomainRate]) {
        for rate in domains {
            let bounces = (rate.mistyped + rate.impossible) * 100 / rate.people.max(1);
            let counts = [rate.people, rate.mistyped, rate.impossible, bounces];
            let cells = std::iter::once(rate.domain.clone()).chain(counts.map(|count| count.to_string()));
            self.domains.rows.push(cells.collect());
        }
    }

    /// Writes three CSV files and returns their names.
    ///
    /// # Errors
    /// Exit code 5: one of them cannot be written.
    pub(crate) fn write_csv(&self, path: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let beside = |word: &str| path.with_file_name(format!("{stem}-{word}.csv"));
        let files = [path.to_owned(), beside(self.whatsapp.name), beside(self.domains.name)];
        for (file, list) in files.iter().zip([&self.mail, &self.whatsapp, &self.domains]) {
            placed(file, |file| {
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(list.columns)?;
                for row in &list.rows {
                    writer.write_record(row.iter().map(|cell| escape_formula(cell).into_owned()))?;
                }
                Ok(writer.flush()?)
            })?;
        }
        Ok(files.into())
    }

    /// Writes a workbook with a sheet a list and returns its name.
    ///
    /// # Errors
    /// Exit code 5: it cannot be written.
    pub(crate) fn write_workbook(&self, path: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let mut workbook = Workbook::new();
        for list in [&self.mail, &self.whatsapp, &self.domains] {
            let sheet = workbook.add_worksheet();
            sheet.set_name(list.name)?;
            sheet.set_freeze_panes(1, 0)?;
            sheet.write_row(0, 0, list.columns.iter().copied())?;
            for (at, row) in (1_u32..).zip(&list.rows) {
                sheet.write_row(at, 0, row.iter().map(String::as_str))?;
            }
        }
        placed(path, |file| Ok(workbook.save_to_writer(file)?))?;
        Ok(vec![path.to_owned()])
    }
}

/// Writes a file that only its owner may read, and puts it in its place when it is whole.
fn placed(path: &Path, write: impl FnOnce(&mut std::fs::File) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = NamedTempFile::new_in(folder).map_err(anyhow::Error::new).and_then(|mut file| {
        write(file.as_file_mut())?;
        file.persist(path).map_err(|error| anyhow::Error::new(error.error))
    });
    let unwritable = |error| Failure::refused(tr!("{} cannot be written: {error:#}", path.display()));
    written.map(drop).map_err(unwritable)
}

/// Domains that are listed on the screen.
const DOMAINS_SHOWN: usize = 10;

/// What the lists hold, without anybody's name.
pub(crate) fn text(counts: &InvitationCounts, reset_page: &str, files: &[String]) -> String {
    let rows: Vec<Vec<String>> = counts
        .segments
        .iter()
        .map(|(segment, people)| vec![(*segment).to_owned(), number(*people)])
        .collect();
    let mut text = table(&[tr!("to invite"), tr!("people")], &rows);
    text.push_str(&tr!(
        "\nDoubtful addresses: {} have a number for WhatsApp, {} cannot be reached at all\n",
        number(counts.by_whatsapp),
        number(counts.unreachable)
    ));
    let bounces = |rate: &&DomainRate| rate.mistyped + rate.impossible > 0;
    let rows: Vec<Vec<String>> = counts
        .domains
        .iter()
        .filter(bounces)
        .take(DOMAINS_SHOWN)
        .map(|rate| {
            let counts = [rate.people, rate.mistyped, rate.impossible].map(number);
            std::iter::once(rate.domain.clone()).chain(counts).collect()
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&format!(
            "\n{}",
            table(&[tr!("likely bounces"), tr!("people"), tr!("mistyped"), tr!("no mail")], &rows)
        ));
    }
    text.push_str(&tr!("\nPasswords are set at {reset_page}\n"));
    files.iter().for_each(|file| text.push_str(&tr!("written: {file}\n")));
    text.push_str(tr!("They name people: nothing was sent, and only you may read them.\n"));
    text
}
