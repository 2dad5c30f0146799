//! What buyers and sellers have typed is text on the page, whatever it looks like.

use crate::support::exit_code::DONE;
use crate::support::{AppDatabase, Engine, fixture, imported, on_each_engine};

fn markup_in_a_name_is_text_on_the_page(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    db.sql("UPDATE \"SejoliWebhookLog\" SET \"productName\" = '<script src=//example.org></script>'");
    db.sql("UPDATE \"SejoliAffiliateMapping\" SET \"sejoliAffiliateName\" = '\"><img onerror=alert(1)>'");
    let page = db.run(&["report", "--as", "html", "--show-pii"]).stdout;
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.contains("&lt;script") && page.contains("&lt;img"), "{page}");
}

on_each_engine!(markup_in_a_name_is_text_on_the_page);
