//! Draws the page. It fits 80 columns and 24 lines; a wider or higher terminal shows more.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};

use crate::cli::review::page::ReviewPage;
use crate::cli::review::source::{ReviewCase, Standing, Wording};
use crate::domain::text::{excerpt, terminal_safe};
use crate::language::tr;
use crate::terminal::is_stdout_coloured;

/// How wide the list is.
const LIST: u16 = 30;
/// How wide a key in the list is.
const KEY: usize = 11;

/// Draws the page with the case that is looked at.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    page: &ReviewPage,
    case: Option<&ReviewCase>,
    (heading, wording): (&str, Wording),
) {
    let [top, middle, message, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let [list, detail] = Layout::horizontal([Constraint::Length(LIST), Constraint::Min(1)]).areas(middle);
    frame.render_widget(Paragraph::new(head(page, heading, wording)).style(reversed()), top);
    draw_list(frame, list, page);
    if let Some(case) = case {
        frame.render_widget(Paragraph::new(lines(page, case, wording)).wrap(Wrap { trim: false }), detail);
    }
    frame.render_widget(Paragraph::new(message_line(page)), message);
    frame.render_widget(Paragraph::new(wording.keys).style(reversed()), keys);
}

fn reversed() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

fn head(page: &ReviewPage, heading: &str, wording: Wording) -> String {
    let (waiting, amount) = page.waiting();
    tr!(
        " {heading}: {waiting} of {} wait, {amount} {}; {} decided here",
        page.entries.len(),
        wording.amount,
        page.decided()
    )
}

fn message_line(page: &ReviewPage) -> Line<'_> {
    if page.is_searching {
        return Line::from(tr!("search: {}_", terminal_safe(&page.wanted)));
    }
    let is_red = page.is_refusal && is_stdout_coloured();
    let style = if is_red { Style::new().fg(Color::Red) } else { Style::new() };
    Line::styled(terminal_safe(&page.message), style)
}

fn draw_list(frame: &mut Frame<'_>, area: Rect, page: &ReviewPage) {
    let height = usize::from(area.height);
    let first = page.at.saturating_sub(height.saturating_sub(1));
    let shown = page.shown.iter().enumerate().skip(first).take(height);
    let line = |(at, place): (usize, &usize)| {
        let entry = &page.entries[*place];
        let mark = match entry.standing {
            Standing::Waiting => ' ',
            Standing::Accepted => '+',
            Standing::Rejected => '-',
        };
        let key = excerpt(&terminal_safe(&entry.key), KEY);
        let text = format!("{mark} {key:<KEY$} {:>15}", entry.amount.to_string());
        if at == page.at { Line::styled(text, reversed()) } else { Line::from(text) }
    };
    let lines: Vec<Line<'_>> = match page.shown.is_empty() {
        true => vec![Line::from(tr!("nothing is found"))],
        false => shown.map(line).collect(),
    };
    frame.render_widget(Paragraph::new(lines).block(Block::new().borders(Borders::RIGHT)), area);
}

fn lines<'c>(page: &ReviewPage, case: &'c ReviewCase, wording: Wording) -> Vec<Line<'c>> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut lines = vec![Line::styled(terminal_safe(&case.title), bold)];
    for (name, fact) in &case.facts {
        lines.push(Line::from(format!("{name:<10} {}", terminal_safe(fact))));
    }
    lines.push(Line::default());
    if case.choices.is_empty() {
        lines.push(Line::from(wording.no_choice));
    }
    for (at, choice) in case.choices.iter().enumerate() {
        let mark = if at == page.choice { ">" } else { " " };
        let style = if at == page.choice { bold } else { Style::new() };
        let title = format!("{mark}{} {}", at + 1, terminal_safe(&choice.title));
        lines.push(Line::from(Span::styled(title, style)));
        lines.push(Line::from(format!("   {}", terminal_safe(&choice.detail))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::cli::review::source::{CandidateChoice, ReviewEntry};

    const WORDING: Wording = Wording { amount: "owed", keys: "a accept  q quit", no_choice: "nobody" };
    use crate::domain::money::Money;

    #[test]
    fn a_hundred_cases_with_nine_choices_fit_a_small_terminal() {
        let entry = |number: u32| ReviewEntry {
            key: format!("MITRA{number:03}"),
            standing: if number < 3 { Standing::Accepted } else { Standing::Waiting },
            amount: Money::rupiah(1_348_500 + i64::from(number)),
            searched: String::new(),
        };
        let mut page = ReviewPage::new((0..100).map(entry).collect());
        page.at = 50;
        page.choice = 1;
        page.say("MITRA049: decided by run 20260101-000000000-abcdef", false);
        let choice = |number: u32| CandidateChoice {
            title: format!("N*** {number}, n***@example.org"),
            detail: "same phone, name 93 % alike; 12 orders".to_owned(),
        };
        let case = ReviewCase {
            title: "MITRA050  M*** C***".to_owned(),
            facts: vec![
                ("e-mail", "m***@example.org".to_owned()),
                ("phone", "-".to_owned()),
                ("owed", "Rp 5".to_owned()),
            ],
            choices: (1..=9).map(choice).collect(),
        };
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal");
        terminal.draw(|frame| draw(frame, &page, Some(&case), ("Mappings", WORDING))).expect("drawn");
        let text = terminal.backend().to_string();
        for part in
            ["Mappings: 97 of 100 wait", "MITRA050", "M*** C***", ">2 N*** 2", "decided by run", "q quit"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("MITRA051"), "the list ends with what is looked at:\n{text}");
    }

    #[test]
    fn what_could_move_a_terminal_is_not_drawn() {
        let page = ReviewPage::new(Vec::new());
        let case = ReviewCase { title: "a\u{1b}[2Jb".to_owned(), facts: Vec::new(), choices: Vec::new() };
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal");
        terminal.draw(|frame| draw(frame, &page, Some(&case), ("Mappings", WORDING))).expect("drawn");
        let text = terminal.backend().to_string();
        assert!(!text.contains('\u{1b}') && text.contains("nothing is found"), "{text}");
    }
}
