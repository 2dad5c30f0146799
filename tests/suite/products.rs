//! `products`: what the files sold, mapped or not, and the map to fill in.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{AppDatabase, Engine, Outcome, fixture, tool, workspace};

fn products(action: &str, path: &Path, more: &[&str]) -> Outcome {
    let path = path.display().to_string();
    let mut args = vec!["products", action, path.as_str()];
    args.extend(more);
    tool(&args)
}

/// A shop of two products, of which the map has one.
fn db() -> (tempfile::TempDir, PathBuf) {
    let folder = workspace();
    let orders = "order_id,order_date,product_id,product_name,buyer_email,amount,payment_status,paid_date\n\
                  1,2024-03-05,7,Kelas Ekspor,a@example.org,999000,PAID,2024-03-05\n\
                  2,2024-03-05,7,Kelas Ekspor,b@example.org,999000,EXPIRED,\n\
                  3,2024-03-05,8,=Buku,b@example.org,35000.5,PAID,2024-03-05\n";
    let memberships = "membership_id,user_email,product_id,start_date,status\n1,a@example.org,7,2024-03-05,active\n\
                       2,a@example.org,9,2024-03-05,active\n";
    let map = "product_id,product_name,kind,membership,duration,price,product\n\
               7,Kelas Ekspor,MEMBERSHIP,kelas,LIFETIME,999000,\n70,Lama,PRODUCT,,,,\n";
    for (name, text) in [("orders.csv", orders), ("memberships.csv", memberships), ("map.csv", map)] {
        fs::write(folder.path().join(name), text).expect("the file is written");
    }
    let path = folder.path().to_owned();
    (folder, path)
}

#[test]
fn l12_every_product_is_listed_mapped_or_not_with_counts_and_revenue() {
    let (_folder, path) = db();
    let outcome = products("list", &path, &["--format", "json"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let document: Value = serde_json::from_str(&outcome.stdout).expect("a document");
    assert_eq!(document["schema_version"], 1);
    let list = document["products"].as_array().expect("products").iter();
    let found: Vec<_> = list
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or("-").to_owned();
            (
                text("product_id"),
                text("kind"),
                one["orders"].as_u64(),
                one["memberships"].as_u64(),
                text("revenue"),
            )
        })
        .collect();
    let line = |id: &str, kind: &str, orders, memberships, revenue: &str| {
        (id.to_owned(), kind.to_owned(), Some(orders), Some(memberships), revenue.to_owned())
    };
    let expected =
        [line("7", "MEMBERSHIP", 2, 1, "999000"), line("8", "-", 1, 0, "35000.5"), line("9", "-", 0, 1, "0")];
    assert_eq!(found, expected, "L11: revenue is that of paid orders");
    assert_eq!(document["mapped_but_not_seen"], serde_json::json!(["70"]));
    let text = products("list", &path, &[]).stdout;
    assert!(text.contains("NOT MAPPED") && text.contains("3 products, 2 not in the product map"), "{text}");
}

#[test]
fn the_template_is_a_map_of_what_is_missing_that_can_be_filled_in_and_used() {
    let (_folder, path) = db();
    let template = products("template", &path, &[]);
    assert_eq!(template.code, 0, "{template:?}");
    let expected = "product_id,product_name,kind,membership,duration,price,product\n8,'=Buku,,,,,\n9,,,,,,\n";
    assert_eq!(template.stdout, expected);
    let filled = template.stdout.replace("8,'=Buku,,", "8,'=Buku,PRODUCT,").replace("9,,,", "9,,COURSE,");
    let desk = workspace();
    let map = desk.path().join("filled.csv");
    fs::write(&map, filled).expect("the map is written");
    let map = map.display().to_string();
    let left = products("template", &path, &["--products", &map]).stdout;
    assert!(left.contains("\n7,") && !left.contains("\n8,") && !left.contains("\n9,"), "{left}");
    let document = products("template", &path, &["--format", "json"]).stdout;
    let document: Value = serde_json::from_str(&document).expect("a document");
    assert_eq!(document["rows"].as_array().map(Vec::len), Some(3));
}

#[test]
fn products_of_the_plugins_own_export_are_known_by_their_titles() {
    let path = fixture("files").join("native-1.14.3.csv");
    let text = products("list", &path, &[]).stdout;
    assert!(text.contains("Kelas Ekspor") && text.contains("899000"), "{text}");
    let template = products("template", &path, &[]).stdout;
    assert!(template.ends_with("\n,Kelas Ekspor,,,,,\n"), "{template}");
    let db = AppDatabase::new(Engine::Sqlite);
    assert_eq!(db.number("SELECT count(*) FROM \"Transaction\""), 0, "nothing is written");
}
