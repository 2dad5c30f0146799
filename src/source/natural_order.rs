//! The order in which people count files: `orders.csv`, `orders (2).csv`, `orders (10).csv`.

use std::cmp::Ordering;
use std::path::Path;

/// Compares two paths of one folder by their names without the ending, numbers by their value; then as texts.
pub(super) fn compare(a: &Path, b: &Path) -> Ordering {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    compare_texts(&stem(a), &stem(b)).then_with(|| a.cmp(b))
}

fn compare_texts(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (number_a, rest_a) = leading_digits(a);
        let (number_b, rest_b) = leading_digits(b);
        let order = match (number_a.is_empty(), number_b.is_empty()) {
            (false, false) => compare_numbers(number_a, number_b),
            _ => {
                let (first_a, first_b) = (a.chars().next(), b.chars().next());
                if first_a.is_none() || first_a != first_b {
                    return first_a.cmp(&first_b);
                }
                let next = first_a.map_or(0, char::len_utf8);
                (a, b) = (&a[next..], &b[next..]);
                continue;
            }
        };
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

fn leading_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn files_are_in_the_order_in_which_people_count_them() {
        let counted = [
            "orders.csv",
            "orders.xlsx",
            "orders (1).csv",
            "orders (2).csv",
            "orders (10).csv",
            "orders 2024-9.csv",
            "orders 2024-10.csv",
            "orders-007.csv",
            "orders-8.csv",
            "orders-99999999999999999999999.csv",
        ];
        let mut sorted: Vec<PathBuf> = counted.iter().rev().map(PathBuf::from).collect();
        sorted.sort_by(|a, b| compare(a, b));
        assert_eq!(sorted, counted.map(PathBuf::from));
    }
}
