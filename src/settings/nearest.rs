//! The name that somebody may have meant.

use crate::language::tr;
use strsim::jaro_winkler;

/// From which likeness on a name is offered.
const LIKE: f64 = 0.75;

/// The known name that is most like one that is not known.
pub(crate) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &'a str| (jaro_winkler(unknown, name), name);
    let best = known.into_iter().map(likeness).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(like, _)| *like >= LIKE).map(|(_, name)| name)
}

/// The end of a message about a name that is not known.
pub(crate) fn meant<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(unknown, known).map_or_else(String::new, |name| tr!("; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn the_nearest_name_is_offered_and_none_that_is_far() {
        let known = ["batch-size", "database-url", "retries"];
        assert_eq!(meant("batchsize", known), "; did you mean batch-size?");
        assert_eq!(meant("colour", known), "");
    }
}
