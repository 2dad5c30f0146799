//! How each language writes amounts, spans and months.

use crate::domain::date::{Millis, SourceZone};
use crate::domain::money::Money;
use crate::language::Language;

impl Language {
    /// An amount: `Rp 1,598,000`, `Rp 150.123,50`.
    pub(crate) fn money(self, amount: Money) -> String {
        let (_, decimal) = self.separators();
        let sign = if amount.minor() < 0 { "-" } else { "" };
        let minor = amount.minor().unsigned_abs();
        let whole = self.grouped(minor / 100);
        match minor % 100 {
            0 => format!("{sign}Rp {whole}"),
            sen => format!("{sign}Rp {whole}{decimal}{sen:02}"),
        }
    }

    /// An amount that is short enough for a chart, rounded to the nearest tenth: `Rp 12.3 million`. The table behind the
    /// chart has all of it.
    pub(crate) fn short_money(self, amount: Money) -> String {
        // Each unit, in sen, with the step to which an amount just below it is rounded.
        let units = [
            (100_000_000_000_000_u64, 10_000_000_000, self.of("trillion", "triliun")),
            (100_000_000_000, 10_000_000, self.of("billion", "miliar")),
            (100_000_000, 100, self.of("million", "juta")),
        ];
        let (sign, minor) = (if amount.minor() < 0 { "-" } else { "" }, amount.minor().unsigned_abs());
        let unit = units.iter().find(|(unit, step, _)| rounded(minor, *step) * step >= *unit);
        match unit {
            None => format!("{sign}Rp {}", self.grouped(rounded(minor, 100))),
            Some((unit, _, word)) => {
                let tenths = i64::try_from(rounded(minor, unit / 10)).unwrap_or(i64::MAX);
                format!("{sign}Rp {} {word}", self.tenths(tenths))
            }
        }
    }

    /// A span of milliseconds in seconds, minutes or hours.
    pub(crate) fn span(self, milliseconds: i64) -> String {
        match milliseconds {
            ..59_950 => format!("{} s", self.tenths((milliseconds + 50) / 100)),
            59_950..3_600_000 => {
                let seconds = milliseconds.max(60_000) / 1_000;
                format!("{} min {} s", seconds / 60, seconds % 60)
            }
            _ => format!(
                "{} {} {} min",
                milliseconds / 3_600_000,
                self.of("h", "jam"),
                milliseconds % 3_600_000 / 60_000
            ),
        }
    }

    /// A time in the source's zone: `2024-03-01 09:30`, `01/03/2024 09.30`.
    pub(crate) fn time(self, at: Millis, zone: SourceZone) -> String {
        let minute = zone.minute_of(at);
        let parts: Vec<&str> = minute.split(['-', ' ', ':']).collect();
        match (self, parts.as_slice()) {
            (Self::Id, [year, month, day, hour, minute]) => format!("{day}/{month}/{year} {hour}.{minute}"),
            _ => minute,
        }
    }

    /// A month: `Mar 2024`, `Mei 2024`.
    pub(crate) fn month(self, month: &str) -> String {
        const NAMES: [(&str, &str); 12] = [
            ("Jan", "Jan"),
            ("Feb", "Feb"),
            ("Mar", "Mar"),
            ("Apr", "Apr"),
            ("May", "Mei"),
            ("Jun", "Jun"),
            ("Jul", "Jul"),
            ("Aug", "Agu"),
            ("Sep", "Sep"),
            ("Oct", "Okt"),
            ("Nov", "Nov"),
            ("Dec", "Des"),
        ];
        let parts = month.split_once('-');
        let name = parts.and_then(|(year, number)| {
            let at = number.parse::<usize>().ok()?.checked_sub(1)?;
            let (english, indonesian) = NAMES.get(at)?;
            Some(format!("{} {year}", self.of(english, indonesian)))
        });
        name.unwrap_or_else(|| month.to_owned())
    }
}

/// How many steps come nearest to a number; half a step counts as one.
const fn rounded(number: u64, step: u64) -> u64 {
    number / step + (number % step * 2 >= step) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_numbers_its_own_way() {
        let amount = Money::from_minor(12_345_678_950);
        assert_eq!(Language::En.money(amount), "Rp 123,456,789.50");
        assert_eq!(Language::Id.money(amount), "Rp 123.456.789,50");
        assert_eq!(Language::En.money(Money::rupiah(-5)), "-Rp 5");
        assert_eq!(Language::En.short_money(amount), "Rp 123.5 million");
        assert_eq!(Language::En.short_money(Money::rupiah(171_577_674)), "Rp 171.6 million");
        assert_eq!(Language::En.short_money(Money::rupiah(999_960_000)), "Rp 1.0 billion");
        assert_eq!(Language::En.short_money(Money::rupiah(950_000)), "Rp 950,000");
        assert_eq!(Language::Id.short_money(Money::rupiah(-2_500_000_000)), "-Rp 2,5 miliar");
        assert_eq!(Language::Id.number(-1_234_567), "-1.234.567");
        assert_eq!(Language::Id.month("2024-05"), "Mei 2024");
        assert_eq!(Language::En.span(61_500), "1 min 1 s");
    }
}
