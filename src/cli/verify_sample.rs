//! `verify --sample`: people to look at, side by side, as text, page, workbook or document.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::context::Context;
use crate::cli::render::page;
use crate::cli::render::person;
use crate::clock::now;
use crate::failure::{ExitCode, Failure};
use crate::language::{Language, speak, tr};
use crate::store::session::store::Store;
use crate::verify::{Sample, VerifyRequest, sample};

/// What is asked for.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "A sample to look at")]
pub(crate) struct SampleArgs {
    /// Draw so many people instead, every kind among them, and show of each the source's cells, the rows and what the
    /// app's pages show side by side. It shows their data in full, so --show-pii has to be given.
    #[arg(long, value_name = "N", conflicts_with_all = ["paths", "person", "app_figures"],
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    sample: Option<u32>,
    /// The number that decides who is drawn: the same one draws the same people.
    #[arg(long, value_name = "S", default_value_t = 1, requires = "sample")]
    seed: u64,
    /// Write the sample to a file by its ending: .html, .xlsx (with a column to tick), .txt or .json; nobody else may
    /// read it.
    #[arg(long, value_name = "FILE", requires = "sample")]
    out: Option<PathBuf>,
}

impl SampleArgs {
    /// Whether a sample is asked for.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.sample.is_some()
    }

    /// Draws it. Exit code 4 where a page shows one of them something else than the source says.
    ///
    /// # Errors
    /// Exit code 2: without `--show-pii`, or an ending that says no form; those of the database and of the file.
    pub(crate) fn run(
        &self,
        store: &mut Store,
        request: &VerifyRequest,
        context: &Context,
    ) -> anyhow::Result<ExitCode> {
        if !request.show_pii {
            return Err(Failure::usage(tr!(
                "a sample shows people's data in full, for whoever signs it: give --show-pii, too"
            )));
        }
        if self.out.as_deref().is_some_and(|path| ending(path) == "json") {
            speak(Language::En);
        }
        let people = self.sample.unwrap_or_default() as usize;
        let drawn = sample(store, people, self.seed, request)?;
        match &self.out {
            None => context.print(|| text(&drawn), || document(&drawn))?,
            Some(path) => {
                write(&drawn, path)?;
                let of = tr!("{} of {} people", drawn.people.len(), drawn.of);
                context.print(
                    || {
                        tr!(
                            "{of}, drawn by seed {}, written to {}\nNext: look at each of them, and sign the file\n",
                            drawn.seed,
                            path.display()
                        )
                    },
                    || Ok(serde_json::json!({ "schema_version": 1, "written": path.display().to_string() })),
                )?;
            }
        }
        let holds = drawn.people.iter().all(|drawn| drawn.story.differences.is_empty());
        Ok(if holds { ExitCode::Done } else { ExitCode::VerificationFailed })
    }
}

fn document(sample: &Sample) -> anyhow::Result<serde_json::Value> {
    let mut document = serde_json::to_value(sample)?;
    document["schema_version"] = 1.into();
    Ok(document)
}

fn text(sample: &Sample) -> String {
    let mut text = tr!("{} of {} people, drawn by seed {}\n", sample.people.len(), sample.of, sample.seed);
    for (at, drawn) in sample.people.iter().enumerate() {
        let kinds: Vec<&str> = drawn.kinds.iter().map(String::as_str).collect();
        text += &person::heading(&format!("[ ] {}. {}", at + 1, kinds.join(", ")));
        text += &person::text(&drawn.story);
    }
    text
}

fn ending(path: &Path) -> String {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase()
}

/// Writes a file that nobody else may read.
fn write(sample: &Sample, path: &Path) -> anyhow::Result<()> {
    let made = tr!("Drawn {} by sejoli-migrate {}", now().spoken(), env!("CARGO_PKG_VERSION"));
    let page = page::sample::page(sample, made);
    let ending = ending(path);
    let contents = match ending.as_str() {
        "html" | "htm" => page::html::page(&page),
        "txt" => text(sample),
        "json" => format!("{}\n", document(sample)?),
        "xlsx" => String::new(),
        _ => {
            return Err(Failure::usage(tr!(
                "{}: a sample is written as .html, .xlsx, .txt or .json",
                path.display()
            )));
        }
    };
    let written = || tr!("writing {}", path.display());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(written)?;
    if ending == "xlsx" {
        return page::workbook::write(&page, path);
    }
    file.write_all(contents.as_bytes()).with_context(written)
}
