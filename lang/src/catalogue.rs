//! The catalogue, read once for a compilation.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

/// Each text with its translation. What a translator has left empty or marked as fuzzy is none.
pub(crate) fn entries() -> &'static BTreeMap<String, String> {
    static ENTRIES: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("id.po");
        let catalogue = polib::po_file::parse(&path).expect("lang/id.po is a catalogue of gettext");
        let complete = catalogue.messages().filter(|message| message.is_translated() && !message.is_fuzzy());
        complete
            .map(|message| (message.msgid().to_owned(), message.msgstr().unwrap_or_default().to_owned()))
            .collect()
    })
}
