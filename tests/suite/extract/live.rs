//! The site's own server: the same files, by named columns, and nothing is written there.

use std::path::Path;

use super::{expected, extract, files};
use crate::support::database::Database;
use crate::support::library::{DatabaseUse, Store};
use crate::support::wordpress::forms::Dump;
use crate::support::wordpress::{Shop, small_shop};
use crate::support::{Engine, tool, workspace};

/// The shop's database on the server.
fn loaded(shop: &Shop, folder: &Path) -> Database {
    let database = Database::new(Engine::Mysql, folder);
    run(&database.url, &format!("SET SESSION sql_mode = '';\n{}", shop.dump(Dump::default())));
    database
}

fn run(url: &str, sql: &str) {
    let mut store = Store::open(url, DatabaseUse::Write).expect("the server answers");
    store.run_script(sql).unwrap_or_else(|error| panic!("{error:#}"));
}

#[test]
fn a_server_gives_the_same_files() {
    let folder = workspace();
    let database = loaded(&small_shop(), folder.path());
    let out = folder.path().join("out");
    let outcome = extract(&database.url, &out, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(files(&out), expected());
}

#[test]
fn grants_on_the_columns_that_are_read_suffice() {
    let folder = workspace();
    let database = loaded(&small_shop(), folder.path());
    let name =
        database.url.rsplit('/').next().and_then(|name| name.split('?').next()).expect("a name").to_owned();
    let reader = format!("reader_{}", std::process::id());
    let mut grants = format!("CREATE OR REPLACE USER '{reader}'@'%' IDENTIFIED BY 'rahasia-77';");
    for (table, columns) in [
        ("sejolisa_orders", "*"),
        ("sejolisa_affiliates", "*"),
        ("sejolisa_subscriptions", "*"),
        ("sejolisa_coupons", "*"),
        ("users", "ID, user_email, user_registered, display_name"),
        ("usermeta", "umeta_id, user_id, meta_key, meta_value"),
        ("posts", "ID, post_title, post_type"),
        ("postmeta", "meta_id, post_id, meta_key, meta_value"),
        ("options", "option_id, option_name, option_value"),
    ] {
        let columns = if columns == "*" { String::new() } else { format!(" ({columns})") };
        grants += &format!("GRANT SELECT{columns} ON `{name}`.`wp_{table}` TO '{reader}'@'%';");
    }
    run(&database.url, &grants);
    let (_, place) = database.url.split_once('@').expect("a host");
    let url = format!("mysql://{reader}:rahasia-77@{place}");
    let out = folder.path().join("out");
    let outcome = extract(&url, &out, &["-vv"]);
    run(
        &database.url,
        &format!("REVOKE SELECT ON `{name}`.`wp_options` FROM '{reader}'@'%'; DROP USER '{reader}'@'%'"),
    );
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(!outcome.stderr.contains("rahasia-77") && !outcome.stdout.contains("rahasia-77"), "{outcome:?}");
    assert_eq!(files(&out), expected());
}

#[test]
fn several_shops_on_a_server_are_listed() {
    let folder = workspace();
    let database = loaded(&small_shop(), folder.path());
    let mut second = small_shop();
    second.prefix = "toko_".to_owned();
    second.option("siteurl", "https://kedua.example");
    run(&database.url, &format!("SET SESSION sql_mode = '';\n{}", second.dump(Dump::default())));
    let out = folder.path().join("out");
    let refused = extract(&database.url, &out, &[]);
    assert_eq!(refused.code, 6, "{refused:?}");
    assert!(refused.stderr.contains("toko_ (15 orders, https://kedua.example)"), "{refused:?}");
    let chosen = extract(&database.url, &out, &["--prefix", "wp_"]);
    assert_eq!(chosen.code, 0, "{chosen:?}");
    assert_eq!(files(&out), expected());
}

#[test]
fn more_rows_than_a_page_and_tables_without_snapshots() {
    let mut shop = small_shop();
    let template = shop.table("users").rows[3].clone();
    for id in 1000..12_000_i64 {
        let mut row = template.clone();
        row[0] = id.into();
        shop.table("users").rows.push(row);
    }
    let folder = workspace();
    let database = loaded(&shop, folder.path());
    run(&database.url, "SET SESSION sql_mode = ''; ALTER TABLE `wp_users` ENGINE = MyISAM");
    let out = folder.path().join("out");
    let outcome = extract(&database.url, &out, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(files(&out), expected());
}

#[test]
fn the_apps_own_database_is_no_source_and_neither_is_a_server_that_does_not_answer() {
    let folder = workspace();
    let out = folder.path().join("out").display().to_string();
    let url = "mysql://reader:rahasia-77@127.0.0.1:3306/app";
    let same = tool(&["--database-url", "mysql://app@localhost/app", "extract", url, "--out", &out]);
    assert!(same.code == 5 && same.stderr.contains("the app itself"), "{same:?}");
    assert!(!same.stderr.contains("rahasia-77"), "{same:?}");
    let gone = tool(&["extract", "mysql://reader:rahasia-77@127.0.0.1:1/app", "--out", &out]);
    assert!(gone.code == 7 && !gone.stderr.contains("rahasia-77"), "{gone:?}");
    assert_eq!(tool(&["extract", "postgresql://h/shop", "--out", &out]).code, 2);
}
