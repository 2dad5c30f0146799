//! The style of the page: light and dark, desk, phone and A4.

/// The style sheet.
pub(super) const STYLE: &str = include_str!("page.css");
