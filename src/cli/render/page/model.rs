//! The page before it has a form: sections of tables and charts, which each format renders in its own way.

use crate::domain::money::Money;
use crate::language::Language;
use crate::reconciliation::Tally;

/// The title of a column of signs, which belong to the words behind them.
pub(crate) const SIGN: &str = "±";

/// How good or bad something is, for its colour and its sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing to say.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Somebody should look at it.
    Review,
    /// Wrong.
    Bad,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PageCell {
    /// Words.
    Text(String),
    /// A word of the machine's: an id, a code, a hash.
    Code(String),
    /// A number.
    Count(i64),
    /// An amount.
    Money(Money),
    /// A number of rows and their amount.
    Tally(Tally),
    /// Nothing.
    Empty,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Words, to the left.
    Text,
    /// Numbers and amounts, to the right.
    Number,
    /// A number of rows and their amount, which take two columns of a workbook.
    Tally,
}

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct PageColumn {
    pub(crate) title: String,
    pub(crate) kind: ColumnKind,
}

/// A row.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageRow {
    pub(crate) cells: Vec<PageCell>,
    pub(crate) tone: Tone,
    /// Whether it is a sum of those above.
    pub(crate) is_total: bool,
}

/// Whether a table agrees with what it is held against.
#[derive(Clone, Debug)]
pub(crate) struct CheckLine {
    pub(crate) holds: bool,
    pub(crate) text: String,
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct PageTable {
    /// Its name in file names and anchors: `orders-by-month`.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// What a reader has to know of it.
    pub(crate) note: String,
    pub(crate) columns: Vec<PageColumn>,
    pub(crate) rows: Vec<PageRow>,
    /// The sum of all rows.
    pub(crate) total: Option<PageRow>,
    pub(crate) checks: Vec<CheckLine>,
    /// The most rows that a page shows; a workbook has all of them.
    pub(crate) shown: usize,
}

/// The rows of a page's table unless it says otherwise.
const SHOWN: usize = 40;

impl PageTable {
    /// A table without rows.
    pub(crate) fn new(id: &'static str, title: &str, columns: &[(&str, ColumnKind)]) -> Self {
        let column =
            |(title, kind): &(&str, ColumnKind)| PageColumn { title: (*title).to_owned(), kind: *kind };
        Self {
            id,
            title: title.to_owned(),
            note: String::new(),
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
            total: None,
            checks: Vec::new(),
            shown: SHOWN,
        }
    }

    /// With words below its title.
    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// With at most so many rows on a page.
    pub(crate) fn showing(mut self, rows: usize) -> Self {
        self.shown = rows;
        self
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<PageCell>) -> &mut PageRow {
        self.rows.push(PageRow { cells, ..PageRow::default() });
        self.rows.last_mut().expect("a row was just added")
    }

    /// Adds a line that says whether the table agrees.
    pub(crate) fn check(&mut self, holds: bool, text: String) {
        self.checks.push(CheckLine { holds, text });
    }

    /// The sum of the rows that a page leaves out, for what can be summed.
    pub(crate) fn rest(&self) -> Option<(usize, Vec<PageCell>)> {
        let left_out = self.rows.get(self.shown..).filter(|rest| !rest.is_empty())?;
        let sum = |column: usize| {
            let mut cells = left_out.iter().map(|row| row.cells.get(column));
            cells.try_fold(PageCell::Empty, |sum, cell| add(sum, cell?)).unwrap_or(PageCell::Empty)
        };
        Some((left_out.len(), (0..self.columns.len()).map(sum).collect()))
    }
}

fn add(sum: PageCell, cell: &PageCell) -> Option<PageCell> {
    Some(match (sum, cell) {
        (PageCell::Empty, PageCell::Count(_) | PageCell::Money(_) | PageCell::Tally(_)) => cell.clone(),
        (sum, PageCell::Empty) => sum,
        (PageCell::Count(sum), PageCell::Count(more)) => PageCell::Count(sum + more),
        (PageCell::Money(sum), PageCell::Money(more)) => PageCell::Money(sum + *more),
        (PageCell::Tally(sum), PageCell::Tally(more)) => PageCell::Tally(sum + *more),
        _ => return None,
    })
}

/// One bar of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// Where it begins and ends, in the chart's unit.
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// What stands beside it.
    pub(crate) value: String,
    pub(crate) colour: Colour,
}

/// A colour of the page's palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// What is left, what was earned.
    Main,
    /// What comes in.
    Plus,
    /// What goes off.
    Minus,
    /// What waits.
    Wait,
    /// What is over.
    Past,
}

/// What a chart looks like.
#[derive(Clone, Debug)]
pub(crate) enum ChartForm {
    /// Bars below each other with their labels to the left, such as a waterfall.
    Bars {
        bars: Vec<Bar>,
        /// What the colours mean; nothing where there is one.
        legend: Vec<(String, Colour)>,
    },
    /// Columns beside each other, each stacked of series.
    Columns {
        /// The names of the series, and their colours.
        series: Vec<(String, Colour)>,
        /// The label of each column, and the values of its series.
        columns: Vec<(String, Vec<i64>)>,
    },
}

/// What the numbers of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Sen.
    Money,
    /// Rows.
    Count,
    /// Milliseconds.
    Time,
}

/// A chart. The table of the same section has its numbers.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) id: String,
    pub(crate) title: String,
    /// What it shows, for those who cannot see it.
    pub(crate) description: String,
    pub(crate) scale: Scale,
    /// What the axis says of its numbers.
    pub(crate) unit: String,
    pub(crate) picture: ChartForm,
}

/// A part of a section.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// Words.
    Text(String),
    /// A chart.
    Chart(Chart),
    /// A table.
    Table(PageTable),
}

/// A section.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

/// The page.
#[derive(Clone, Debug)]
pub(crate) struct ReportPage {
    pub(crate) language: Language,
    pub(crate) title: String,
    /// Which run and which database.
    pub(crate) subtitle: Vec<String>,
    /// The answer in a sentence.
    pub(crate) answer: String,
    pub(crate) answer_tone: Tone,
    pub(crate) sections: Vec<Section>,
}

impl ReportPage {
    /// The tables in their order.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&Section, &PageTable)> {
        self.sections.iter().flat_map(|section| {
            section.blocks.iter().filter_map(move |block| match block {
                Block::Table(table) => Some((section, table)),
                _ => None,
            })
        })
    }
}

impl PageCell {
    /// As a person reads it.
    pub(crate) fn shown(&self, language: Language) -> String {
        match self {
            Self::Text(text) | Self::Code(text) => text.clone(),
            Self::Count(count) => language.number(*count),
            Self::Money(amount) => language.money(*amount),
            Self::Tally(tally) => {
                format!("{} · {}", language.number(tally.count), language.money(tally.amount))
            }
            Self::Empty => String::new(),
        }
    }
}
