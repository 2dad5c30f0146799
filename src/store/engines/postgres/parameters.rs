//! The parameters of a connection, under libpq's names and with its meanings.

/// Parameters by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameters<'a>(pub &'a [(&'static str, String)]);

impl<'a> Parameters<'a> {
    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter has this value.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }
}
