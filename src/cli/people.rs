//! `people`: accounts that may be one person.

use crate::cli::context::Context;
use crate::cli::render;
use crate::decisions::people;
use crate::decisions::people::Pair;
use crate::failure::ExitCode;
use crate::store::engines::mode::Mode;
use crate::store::migration::check::ensure_ready;

/// Lists accounts that may be one person.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: PeopleAction,
}

#[derive(Debug, clap::Subcommand)]
enum PeopleAction {
    /// List pairs of accounts that may be one person, with the reasons and the money, the most money first.
    ///
    /// One number under two addresses, one letter of difference in an address, an affiliate who is also a buyer under
    /// another address. It writes nothing: an import keeps such accounts apart (SJM-0104).
    #[command(
        after_help = "Examples:\n  sejoli-migrate people list\n  sejoli-migrate people list --affiliates --show-pii"
    )]
    List {
        /// Only those with this text in a name or an address.
        text: Option<String>,
        /// Only affiliates who are also buyers under another address.
        #[arg(long)]
        affiliates: bool,
    },
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let PeopleAction::List { text, affiliates } = &args.action;
    let mut store = context.open(Mode::Read)?;
    ensure_ready(&mut store)?;
    let wanted = text.as_deref().map(str::to_lowercase);
    let mut pairs = people::load(&mut store)?;
    pairs.retain(|pair| {
        (!affiliates || pair.is_of_affiliate_and_buyer())
            && wanted.as_deref().is_none_or(|wanted| says(pair, wanted))
    });
    context.print(
        || render::people::text(&pairs, context.show_pii),
        || Ok(render::people::document(&pairs, context.show_pii)),
    )?;
    Ok(ExitCode::Done)
}

fn says(pair: &Pair, wanted: &str) -> bool {
    let texts = [&pair.one.name, &pair.one.email, &pair.other.name, &pair.other.email];
    texts.iter().any(|text| text.to_lowercase().contains(wanted))
}
