//! Charts as SVG, drawn by hand: once for a desk or a sheet of paper, once for a phone. The page's style shows one of
//! them and colours it.

use maud::{Markup, html};

use crate::cli::render::page::model::{Bar, Chart, ChartForm, Colour, Scale};
use crate::language::Language;

/// Both drawings.
pub(super) fn figure(chart: &Chart, language: Language) -> Markup {
    let caption = format!("{}-title", chart.id);
    html! {
        figure aria-labelledby=(caption) {
            figcaption id=(caption) { (chart.title) }
            @for size in [Size::Wide, Size::Narrow] {
                (drawing(chart, size, language))
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Wide,
    Narrow,
}

impl Size {
    const fn width(self) -> f64 {
        match self {
            Self::Wide => 900.0,
            Self::Narrow => 350.0,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide-drawing",
            Self::Narrow => "narrow-drawing",
        }
    }
}

fn drawing(chart: &Chart, size: Size, language: Language) -> Markup {
    match &chart.picture {
        ChartForm::Bars { bars, legend } => bars_drawing(chart, bars, legend, size, language),
        ChartForm::Columns { series, columns } => columns_drawing(chart, series, columns, size, language),
    }
}

const fn class(colour: Colour) -> &'static str {
    match colour {
        Colour::Main => "c-main",
        Colour::Plus => "c-plus",
        Colour::Minus => "c-minus",
        Colour::Wait => "c-wait",
        Colour::Past => "c-past",
    }
}

/// A coordinate, which needs no more than a tenth of a pixel.
fn at(coordinate: f64) -> String {
    let text = format!("{coordinate:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// An axis from a lowest to a highest value, with round numbers on it.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
    unit: AxisUnit,
}

/// What the numbers on an axis are divided by, and its name.
struct AxisUnit {
    divisor: f64,
    name: String,
}

impl Axis {
    fn of(low: i64, high: i64, chart: &Chart, steps: f64, language: Language) -> Self {
        let (low, high) = (low.min(0) as f64, high.max(1) as f64);
        let unit = unit(low.abs().max(high), chart, language);
        let rough = (high - low) / unit.divisor / steps;
        let power = 10_f64.powf(rough.log10().floor());
        let nice = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|nice| nice * power >= rough * 0.999);
        let mut step = nice.unwrap_or(10.0) * power;
        if chart.scale == Scale::Count {
            step = (step * unit.divisor).ceil().max(1.0) / unit.divisor;
        }
        let step = step * unit.divisor;
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step, unit }
    }

    fn ticks(&self) -> Vec<f64> {
        let count = ((self.high - self.low) / self.step).round() as i32;
        (0..=count).map(|tick| self.low + f64::from(tick) * self.step).collect()
    }

    /// Where a value stands, as a share of the axis.
    fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    fn label(&self, tick: f64, language: Language) -> String {
        let tenths = (tick / self.unit.divisor * 10.0).round() as i64;
        match tenths % 10 {
            0 => language.number(tenths / 10),
            _ => language.tenths(tenths),
        }
    }
}

fn unit(highest: f64, chart: &Chart, language: Language) -> AxisUnit {
    let base = match chart.scale {
        Scale::Money => 100.0,
        Scale::Count => 1.0,
        Scale::Time => 1_000.0,
    };
    let powers = [
        (1e12, language.of("trillion", "triliun")),
        (1e9, language.of("billion", "miliar")),
        (1e6, language.of("million", "juta")),
    ];
    let power = powers.into_iter().find(|(power, _)| highest >= base * power);
    match power {
        Some((power, name)) => AxisUnit { divisor: base * power, name: format!("{name} {}", chart.unit) },
        None => AxisUnit { divisor: base, name: chart.unit.clone() },
    }
}

/// Bars of one row: a bar without a label goes on in the row of the bar before.
fn rows(bars: &[Bar]) -> Vec<&[Bar]> {
    bars.chunk_by(|_, next| next.label.is_empty()).collect()
}

fn bars_drawing(
    chart: &Chart,
    bars: &[Bar],
    colours: &[(String, Colour)],
    size: Size,
    language: Language,
) -> Markup {
    let rows = rows(bars);
    let ends = || bars.iter().flat_map(|bar| [bar.from, bar.to]);
    let (low, high) = (ends().min().unwrap_or(0), ends().max().unwrap_or(1));
    let axis = Axis::of(low, high, chart, if size == Size::Wide { 5.0 } else { 3.0 }, language);
    let (left, right, height, bar) = match size {
        Size::Wide => (
            width(bars, |bar| &bar.label) + 14.0,
            size.width() - width(bars, |bar| &bar.value) - 24.0,
            28.0,
            16.0,
        ),
        Size::Narrow => (4.0, size.width() - 12.0, 42.0, 14.0),
    };
    let x = |value: f64| left + axis.share(value) * (right - left);
    let used = |(_, colour): &&(String, Colour)| bars.iter().any(|bar| bar.colour == *colour);
    let colours: Vec<(String, Colour)> = colours.iter().filter(used).cloned().collect();
    let legend = if colours.len() > 1 { legend(&colours, size) } else { (html! {}, 0.0) };
    let top = 6.0 + legend.1;
    let bottom = top + height * rows.len() as f64;
    let y_of_bar = |row: usize| {
        let y = top + height * row as f64;
        if size == Size::Wide { y + (height - bar) / 2.0 } else { y + height - bar - 6.0 }
    };
    let y_of_label = |row: usize| {
        let y = top + height * row as f64;
        if size == Size::Wide { y + height / 2.0 + 4.5 } else { y + 15.0 }
    };
    let axis_y = bottom + 4.0;
    html! {
        svg class=(size.class()) viewBox=(format!("0 0 {} {}", size.width(), axis_y + 40.0)) role="img"
            aria-label=(chart.description) {
            (legend.0)
            @for tick in axis.ticks() {
                line class="grid" x1=(at(x(tick))) x2=(at(x(tick))) y1=(at(top)) y2=(at(axis_y)) {}
                text class="tick" x=(at(x(tick))) y=(at(axis_y + 14.0)) text-anchor=(anchor(tick, &axis, size)) {
                    (axis.label(tick, language))
                }
            }
            line class="axis" x1=(at(x(0.0))) x2=(at(x(0.0))) y1=(at(top)) y2=(at(axis_y)) {}
            text class="unit" x=(at((left + right) / 2.0)) y=(at(axis_y + 32.0)) text-anchor="middle" { (axis.unit.name) }
            @for (at_row, row) in rows.iter().enumerate() {
                @if let Some(first) = row.first() {
                    text class="label" x=(at(if size == Size::Wide { 0.0 } else { left })) y=(at(y_of_label(at_row))) {
                        (fitted(&first.label, size))
                    }
                }
                @for bar_of_row in row.iter() {
                    @let (from, to) = (x(bar_of_row.from as f64), x(bar_of_row.to as f64));
                    rect class=(class(bar_of_row.colour)) x=(at(from.min(to))) y=(at(y_of_bar(at_row)))
                        width=(at((to - from).abs().max(1.0))) height=(at(bar)) {}
                }
                @if let Some(last) = row.last() {
                    text class="value" x=(at(size.width() - 4.0)) y=(at(y_of_label(at_row))) text-anchor="end" {
                        (last.value)
                    }
                }
            }
        }
    }
}

/// The room that the longest of some texts takes, as near as that can be told without its font.
fn width(bars: &[Bar], text: fn(&Bar) -> &String) -> f64 {
    let longest = bars.iter().map(|bar| text(bar).chars().count().min(LONGEST)).max().unwrap_or(0);
    longest as f64 * 7.2
}

/// Letters of the longest label that is not cut.
const LONGEST: usize = 44;

/// The labels at the ends of a phone's axis stay within the drawing.
fn anchor(tick: f64, axis: &Axis, size: Size) -> &'static str {
    match size {
        Size::Narrow if tick <= axis.low => "start",
        Size::Narrow if tick >= axis.high => "end",
        _ => "middle",
    }
}

/// A label that stays clear of the bars; the table has all of it.
fn fitted(label: &str, size: Size) -> String {
    let most = if size == Size::Wide { LONGEST } else { 33 };
    let is_short = |label: &str| label.chars().count() <= most;
    let before_colon = label.split(':').next().filter(|head| is_short(head));
    if let Some(label) = Some(label).filter(|label| is_short(label)).or(before_colon) {
        return label.to_owned();
    }
    let mut cut: String = label.chars().take(most - 1).collect();
    cut.truncate(cut.trim_end_matches([' ', ',', ':']).len());
    format!("{cut}…")
}

fn columns_drawing(
    chart: &Chart,
    series: &[(String, Colour)],
    columns: &[(String, Vec<i64>)],
    size: Size,
    language: Language,
) -> Markup {
    let high = columns.iter().map(|(_, values)| values.iter().sum::<i64>()).max().unwrap_or(1);
    let axis = Axis::of(0, high, chart, 4.0, language);
    let (left, right) = (52.0, size.width() - 8.0);
    let legend = if series.len() > 1 { legend(series, size) } else { (html! {}, 0.0) };
    let top = 24.0 + legend.1;
    let bottom = top + if size == Size::Wide { 210.0 } else { 170.0 };
    let y = |value: f64| bottom - axis.share(value) * (bottom - top);
    let step = (right - left) / columns.len().max(1) as f64;
    let width = (step * 0.72).clamp(1.0, 48.0);
    let every = (58.0 / step).ceil().max(1.0) as usize;
    html! {
        svg class=(size.class()) viewBox=(format!("0 0 {} {}", size.width(), bottom + 26.0)) role="img"
            aria-label=(chart.description) {
            (legend.0)
            text class="unit" x="0" y=(at(legend.1 + 12.0)) { (axis.unit.name) }
            @for tick in axis.ticks() {
                line class="grid" x1=(at(left)) x2=(at(right)) y1=(at(y(tick))) y2=(at(y(tick))) {}
                text class="tick" x=(at(left - 6.0)) y=(at(y(tick) + 4.0)) text-anchor="end" {
                    (axis.label(tick, language))
                }
            }
            @for (at_column, (label, values)) in columns.iter().enumerate() {
                @let middle = left + step * (at_column as f64 + 0.5);
                @for (value, below, colour) in stacked(values, series) {
                    rect class=(class(colour)) x=(at(middle - width / 2.0)) y=(at(y((below + value) as f64)))
                        width=(at(width)) height=(at(y(below as f64) - y((below + value) as f64))) {}
                }
                @if at_column % every == 0 {
                    text class="tick" x=(at(middle.min(right - 22.0))) y=(at(bottom + 17.0)) text-anchor="middle" {
                        (label)
                    }
                }
            }
            line class="axis" x1=(at(left)) x2=(at(right)) y1=(at(bottom)) y2=(at(bottom)) {}
        }
    }
}

/// The parts of a column: value, what lies below it, colour.
fn stacked(values: &[i64], series: &[(String, Colour)]) -> Vec<(i64, i64, Colour)> {
    let mut below = 0;
    let mut parts = Vec::new();
    for (value, (_, colour)) in values.iter().zip(series) {
        if *value > 0 {
            parts.push((*value, below, *colour));
            below += value;
        }
    }
    parts
}

/// The names of the series, and how much room they take.
fn legend(series: &[(String, Colour)], size: Size) -> (Markup, f64) {
    let (mut x, mut y) = (0.0, 0.0);
    let mut places = Vec::new();
    for (name, colour) in series {
        let width = 26.0 + 7.4 * name.chars().count() as f64;
        if x + width > size.width() {
            (x, y) = (0.0, y + 20.0);
        }
        places.push((name, *colour, x, y));
        x += width + 8.0;
    }
    let drawn = html! {
        @for (name, colour, x, y) in &places {
            rect class=(class(*colour)) x=(at(*x)) y=(at(y + 2.0)) width="12" height="12" {}
            text class="label" x=(at(x + 18.0)) y=(at(y + 12.5)) { (name) }
        }
    };
    (drawn, y + 22.0)
}
