//! `validate`: checks exports without a database.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::cli::args::{ControlTotalArgs, ParseArgs, parse_money};
use crate::cli::context::{Context, Format};
use crate::cli::control_totals::ControlTotal;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render::validate::ValidationView;
use crate::cli::render::validate_summary::summary_text;
use crate::cli::typed_command::typed;
use crate::domain::money::Money;
use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::SourceKind;
use crate::failure::ExitCode;
use crate::pipeline::files::high_value::HighValueList;
use crate::pipeline::files::outputs::{RunFolder, write_product_template};
use crate::pipeline::files::preview::preview;
use crate::pipeline::files::rejects::write_rejects;
use crate::pipeline::plan::unlinked_plans::MappedPlans;
use crate::pipeline::progress::Progress as _;
use crate::pipeline::read::options::product_map;
use crate::pipeline::validate::{Validated, ValidationMap, validate};
use crate::source::discover::Exports;
use crate::store::engines::database_use::DatabaseUse;

/// Where results lie, of a validation as of an import.
const USUAL_OUT: &str = "import-data/out";

/// Check exports without a database: what can be imported, and what has to be corrected.
///
/// Writes the rows to correct (in the columns of the source, with code and reason) and all findings into a folder of
/// their own.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate validate import-data --preview 20\n  sejoli-migrate validate import-data --expect-orders 19246 --expect-revenue 3950000000"
)]
pub(crate) struct Args {
    /// Exports, or folders with exports.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// List the orders of this amount and more.
    #[arg(long, value_name = "RUPIAH", default_value = "10000000", value_parser = parse_money)]
    high_value: Money,
    /// Show the first rows of each file as they are, and below each cell what will be written.
    #[arg(long, value_name = "N", default_value_t = 0)]
    preview: usize,
    /// Show every kind of finding with its first places, the high amounts and the products, on more than one screen.
    #[arg(long)]
    details: bool,
    /// The import will create the memberships that the product map names and the app lacks.
    #[arg(long)]
    create_memberships: bool,
    /// Where the folder with rejects and findings is made.
    #[arg(long, default_value = USUAL_OUT, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    expected: ControlTotalArgs,
    #[command(flatten)]
    parse_options: ParseArgs,
}

impl Args {
    /// The commands to type next: whether machine and database are ready, and a dry run of the same files.
    fn next(&self, context: &Context) -> [String; 2] {
        let paths: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        let words = |command: &[&str], options: Vec<String>| {
            let command = command.iter().map(ToString::to_string);
            typed(&command.chain(paths.iter().cloned()).chain(options).collect::<Vec<_>>(), context)
        };
        let mut options = self.parse_options.words();
        options.extend(self.create_memberships.then(|| "--create-memberships".to_owned()));
        if self.out != Path::new(USUAL_OUT) {
            options.extend(["--out".to_owned(), self.out.display().to_string()]);
        }
        options.push("--dry-run".to_owned());
        [words(&["doctor"], self.parse_options.source.words()), words(&["import", "all"], options)]
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let expected = args.expected.with_file()?;
    let source = args.parse_options.source.options()?;
    let exports = context.discover(&args.paths, &args.parse_options.source.skipped, &source)?;
    let map = product_map(args.parse_options.products.as_deref(), &exports, &source)?;
    let mut parse_options = args.parse_options.parse_options(&map);
    parse_options.show_pii = context.show_pii;
    let mut progress = ProgressDisplay::new(context);
    progress.begin("reading", 0);
    let folder = RunFolder::create(&args.out, &format!("validate-{}", time_stamp()))?;
    let high_value = HighValueList::create(&folder, args.high_value)?;
    let app = AppMemberships::of(&map, args.create_memberships, context);
    let held_against = ValidationMap { map: &map, not_in_app: &app.missing };
    let validated = validate(&exports, &parse_options, held_against, high_value, &folder, &mut progress)?;
    let previews = preview(&exports, &parse_options, &map, args.preview)?;
    progress.finish();
    let files = write_files(&folder, &exports, &validated, &map)?;
    let controls = expected.compare(&validated.first_pass.source_totals());
    let has_map = !map.products.is_empty();
    let members = &validated.first_pass.members;
    let access = app.plans.map_or_else(Vec::new, |plans| plans.unlinked(&map, members, false));
    let view = ValidationView {
        validated: &validated,
        exports: &exports,
        previews,
        controls,
        files,
        has_map,
        unasked: app.unasked,
        access,
        next: args.next(context),
    };
    if context.format == Format::Junit {
        context.print_junit(&view.junit())?;
    } else {
        let text = || if args.details { view.details_text() } else { summary_text(&view) };
        context.print(text, || Ok(view.document()))?;
    }
    Ok(exit_code(&validated, &view.controls))
}

/// The memberships that the product map names, as far as a database says whether the app has them.
#[derive(Debug, Default)]
struct AppMemberships {
    /// Those that the app lacks.
    missing: BTreeSet<String>,
    /// Why the app was not asked, where it should have been.
    unasked: Option<String>,
    /// Those that it has, with what they open.
    plans: Option<MappedPlans>,
}

impl AppMemberships {
    /// Asks the database, if it can be reached: a validation needs none.
    fn of(map: &ProductMap, created: bool, context: &Context) -> Self {
        let mut named: BTreeSet<String> =
            map.products.values().filter_map(|mapped| mapped.membership.clone()).collect();
        if named.is_empty() || created {
            return Self::default();
        }
        let asked = context.open(DatabaseUse::Read).and_then(|mut store| MappedPlans::load(&mut store, map));
        match asked {
            Ok(plans) => {
                named.retain(|slug| !plans.has(slug));
                Self { missing: named, unasked: None, plans: Some(plans) }
            }
            Err(why) => Self { unasked: Some(format!("{why:#}")), ..Self::default() },
        }
    }
}

fn time_stamp() -> String {
    chrono::Utc::now().format("%Y%m%d-%H%M%S%3f").to_string()
}

/// Writes what people need for the corrections, and names all files of the validation.
fn write_files(
    folder: &RunFolder,
    exports: &Exports,
    validated: &Validated,
    map: &ProductMap,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = validated.findings.file.iter().cloned().collect();
    for kind in SourceKind::IMPORTED {
        let none = HashMap::new();
        let reasons = validated.reasons.get(&kind).unwrap_or(&none);
        files.extend(write_rejects(folder, kind.name(), &exports.of(kind), reasons)?);
    }
    files.extend(write_product_template(folder, &validated.first_pass.products, map)?);
    files.extend(validated.high_file.iter().cloned());
    Ok(files)
}

fn exit_code(validated: &Validated, controls: &[ControlTotal]) -> ExitCode {
    if controls.iter().any(|control| !control.holds) {
        return ExitCode::VerificationFailed;
    }
    let left = validated.first_pass.counts.values().any(|count| count.held + count.rejected > 0);
    if left { ExitCode::RowsLeft } else { ExitCode::Done }
}
