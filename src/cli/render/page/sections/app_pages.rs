//! What the app's pages show of the imported shop.

use crate::cli::render::page::labels;
use crate::cli::render::page::model::{Block, ColumnKind, PageCell, PageTable, Section, Tone};
use crate::domain::date::SourceZone;
use crate::language::Language;
use crate::report::app_pages::{AppPage, PageState};
use crate::report::full::FullReport;
use crate::verify::FigureValue;

pub(in crate::cli::render::page) fn section(
    report: &FullReport,
    language: Language,
    zone: SourceZone,
) -> Section {
    let mut blocks =
        vec![Block::Text(introduction(report, language, zone)), Block::Table(pages(report, language))];
    if report.app_pages.iter().any(|page| !page.examples.is_empty()) {
        blocks.push(Block::Table(differences(report, language)));
    }
    let title = language.of("What the app will show", "Yang akan ditampilkan aplikasi").to_owned();
    Section { id: "app", title, blocks }
}

fn introduction(report: &FullReport, language: Language, zone: SourceZone) -> String {
    let at = language.time(report.generated_at, zone);
    match language {
        Language::En => format!(
            "The app's own reads, replayed over everybody who was imported when this page was made ({at} {zone}). \
             What people have edited in the app since is a difference, too."
        ),
        Language::Id => format!(
            "Pembacaan aplikasi sendiri, diulang untuk semua yang diimpor saat halaman ini dibuat ({at} {zone}). \
             Yang sudah diubah orang di aplikasi juga terhitung berbeda."
        ),
    }
}

fn pages(report: &FullReport, language: Language) -> PageTable {
    let columns = [
        (language.of("Page", "Halaman"), ColumnKind::Text),
        (language.of("Figure", "Angka"), ColumnKind::Text),
        (language.of("The source says", "Menurut sumber"), ColumnKind::Number),
        (language.of("The app shows", "Ditampilkan aplikasi"), ColumnKind::Number),
        (language.of("Concerned", "Terdampak"), ColumnKind::Number),
        (language.of("State", "Keadaan"), ColumnKind::Text),
    ];
    let title = language.of("Pages and figures", "Halaman dan angka");
    let mut table = PageTable::new("app-pages", title, &columns).showing(usize::MAX);
    for page in &report.app_pages {
        let (state, tone) = state(page, language);
        let name = || PageCell::Text(labels::page(&page.page, language));
        if page.state == PageState::NotLookedAt {
            let why = PageCell::Text(page.not_looked_at.clone().unwrap_or_default());
            table.row(vec![name(), why, PageCell::Empty, PageCell::Empty, PageCell::Empty, state]).tone =
                tone;
            continue;
        }
        for figure in page.all_figures() {
            let what = PageCell::Text(labels::figure(figure.what, language));
            let concerned = page.concerned.and_then(|concerned| i64::try_from(concerned).ok());
            let concerned = concerned.map_or(PageCell::Empty, PageCell::Count);
            let (expected, shown) = (cell(figure.expected), cell(figure.shown));
            table.row(vec![name(), what, expected, shown, concerned, state.clone()]).tone = tone;
        }
    }
    let count = |state: PageState| report.app_pages.iter().filter(|page| page.state == state).count();
    let (wrong, unseen) = (count(PageState::Differs), count(PageState::NotLookedAt));
    let looked_at = report.app_pages.len() - unseen;
    let text = match (language, wrong) {
        (Language::En, 0) => {
            format!("{looked_at} pages were looked at, none shows anything wrong; {unseen} were not.")
        }
        (Language::En, _) => {
            format!("{wrong} of {looked_at} pages show something wrong; {unseen} were not looked at.")
        }
        (Language::Id, 0) => {
            format!("{looked_at} halaman diperiksa, tidak ada yang salah; {unseen} tidak diperiksa.")
        }
        (Language::Id, _) => {
            format!("{wrong} dari {looked_at} halaman menampilkan yang salah; {unseen} tidak diperiksa.")
        }
    };
    // Pages that nobody has looked at agree with nothing.
    table.check(wrong == 0 && looked_at > 0, text);
    table
}

fn cell(value: FigureValue) -> PageCell {
    match value {
        FigureValue::Count(count) => PageCell::Count(count),
        FigureValue::Money(amount) => PageCell::Money(amount),
    }
}

fn state(page: &AppPage, language: Language) -> (PageCell, Tone) {
    let (words, tone) = match page.state {
        PageState::AsTheSource => (language.of("as the source", "sesuai sumber"), Tone::Plain),
        PageState::AppsOwnMoney => {
            (language.of("but for the app's own money", "selain uang aplikasi sendiri"), Tone::Review)
        }
        PageState::Differs => (language.of("differs", "berbeda"), Tone::Bad),
        PageState::Nothing => (language.of("nothing to show", "tidak ada isinya"), Tone::Review),
        PageState::NotLookedAt => (language.of("not looked at", "tidak diperiksa"), Tone::Review),
    };
    (PageCell::Text(words.to_owned()), tone)
}

fn differences(report: &FullReport, language: Language) -> PageTable {
    let columns = [
        (language.of("Page", "Halaman"), ColumnKind::Text),
        (language.of("Difference", "Perbedaan"), ColumnKind::Text),
    ];
    let title = language.of("The first differences of each page", "Perbedaan pertama tiap halaman");
    let mut table = PageTable::new("app-differences", title, &columns);
    for page in &report.app_pages {
        for example in &page.examples {
            let name = PageCell::Text(labels::page(&page.page, language));
            table.row(vec![name, PageCell::Text(example.clone())]).tone = Tone::Bad;
        }
    }
    table
}
