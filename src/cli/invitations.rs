//! `report invitations`: the lists of whom to invite, for the shop's own mailer.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use serde_json::json;

use crate::cli::args::parse_site;
use crate::cli::context::Context;
use crate::cli::render::invitations::{Lists, text};
use crate::domain::date::SourceZone;
use crate::failure::{ExitCode, Failure};
use crate::language::{Language, tr};
use crate::operator::app_release;
use crate::report::invitations::gather;
use crate::store::session::store::Store;

#[derive(Debug, clap::Args)]
pub(crate) struct InvitationArgs {
    /// The address of the app's site.
    #[arg(long, value_name = "URL", value_parser = parse_site)]
    site: String,
    /// The list for the mailer: a .csv file, beside which two more are written, or an .xlsx workbook with three sheets.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The language that the lists name for the mails.
    // A string, as the --lang of all commands is: clap keeps both under one name.
    #[arg(long, default_value = "id", value_name = "LANGUAGE", value_parser = PossibleValuesParser::new(["id", "en"]))]
    lang: String,
    /// The zone of the day on which a membership ends.
    #[arg(long, default_value = "Asia/Jakarta", value_name = "ZONE")]
    source_tz: SourceZone,
}

/// Writes the lists, and says how many are on each.
pub(crate) fn write(store: &mut Store, args: &InvitationArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let is_workbook = match args.out.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => false,
        Some("xlsx") => true,
        _ => return Err(Failure::usage(tr!("name the list .csv or .xlsx"))),
    };
    let page = format!("{}{}", args.site, app_release(store)?.reset_page());
    let list_language = Language::of_tag(&args.lang).unwrap_or(Language::Id);
    let mut lists = Lists::new(page.clone(), list_language, args.source_tz);
    let counts = gather(store, |invitation| {
        lists.add(invitation);
        Ok(())
    })?;
    lists.add_domains(&counts.domains);
    let files = match is_workbook {
        true => lists.write_workbook(&args.out)?,
        false => lists.write_csv(&args.out)?,
    };
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let document =
        || Ok(json!({ "schema_version": 1, "invitations": counts, "reset_page": page, "files": names }));
    context.print(|| text(&counts, &page, &names), document)?;
    Ok(ExitCode::Done)
}
