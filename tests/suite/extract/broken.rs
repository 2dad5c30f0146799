//! Damaged, cut and hostile inputs: exit code 6, or the very same rows; never fewer rows with exit code 0.

use super::{expected, extracted, files, rows};
use crate::support::library::rows_of_dump;
use crate::support::wordpress::forms::{Dump, gzip, zstandard};
use crate::support::wordpress::{Shop, Value, small_shop};
use crate::support::workspace;

/// A shop so small that its dump can be cut at each of its bytes.
fn tiny() -> Shop {
    let mut shop = small_shop();
    shop.tables.iter_mut().for_each(|table| table.rows.truncate(1));
    shop.set("sejolisa_orders", 1, "meta_data", "it's -- a; note");
    shop
}

fn assert_cut_anywhere_is_seen(dump: &[u8]) {
    let whole = rows_of_dump(dump.to_vec()).expect("a whole dump");
    let mut same = 0;
    for end in 0..dump.len() {
        if let Ok(rows) = rows_of_dump(dump[..end].to_vec()) {
            assert_eq!(rows, whole, "cut at {end} of {}", dump.len());
            same += 1;
        }
    }
    assert!(same < 200, "only the very end may be missing: {same}");
}

#[test]
fn a_dump_that_is_cut_at_any_byte_is_refused_or_whole() {
    assert_cut_anywhere_is_seen(tiny().dump(Dump::default()).as_bytes());
    let form = Dump { phpmyadmin: true, named_columns: true, row_a_line: true };
    assert_cut_anywhere_is_seen(tiny().dump(form).as_bytes());
}

#[test]
fn a_packed_dump_that_is_cut_at_any_byte_is_refused_or_whole() {
    let dump = tiny().dump(Dump::default());
    assert_cut_anywhere_is_seen(&gzip(dump.as_bytes()));
    assert_cut_anywhere_is_seen(&zstandard(dump.as_bytes()));
}

#[test]
fn phpmyadmins_json_that_is_cut_is_refused() {
    let json = tiny().json();
    for end in (1..json.trim_end().len()).step_by(61) {
        let mut end = end;
        while !json.is_char_boundary(end) {
            end += 1;
        }
        let folder = workspace();
        let (outcome, out) = extracted(folder.path(), &json[..end], &[]);
        assert_eq!(outcome.code, 6, "cut at {end}: {outcome:?}");
        assert!(!out.exists());
    }
}

#[test]
fn a_serialized_bomb_is_damage_of_its_order_alone() {
    for bomb in [
        "a:1:{i:0;".repeat(100_000),
        "a:999999999:{i:0;N;".to_owned(),
        "s:99999999999999999999:\"x\";".to_owned(),
        format!("a:300000:{{{}}}", "i:0;N;".repeat(300_000)),
        "O:8:\"stdClass\":1:{s:1:\"a\";R:1;}".to_owned(),
    ] {
        let mut shop = small_shop();
        shop.set("sejolisa_orders", 1, "meta_data", bomb);
        let folder = workspace();
        let (outcome, out) = extracted(folder.path(), shop.dump(Dump::default()), &[]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let damaged = rows(&out, "left-out.csv").into_iter().filter(|row| row["reason"] == "damaged_meta");
        assert_eq!(damaged.map(|row| row["id"].clone()).collect::<Vec<_>>(), ["1", "10"]);
    }
}

#[test]
fn text_that_is_no_utf8_is_read_and_counted() {
    let dump = small_shop().dump(Dump::default());
    let at = dump.find("Tanpa Telepon").expect("a name");
    let mut bytes = dump.into_bytes();
    bytes[at + 1] = 0xe9;
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), bytes, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.contains("no UTF-8"), "{outcome:?}");
    assert!(files(&out)["orders.csv"].contains("Ténpa Telepon"));
}

#[test]
fn rows_of_ten_megabytes_are_read_over_or_kept() {
    let mut shop = small_shop();
    let long = "it's \\ ";
    shop.set("posts", 900, "post_content", long.repeat(1_500_000));
    shop.set("comments", 1, "comment_content", "x".repeat(10_000_000));
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), shop.dump(Dump::default()), &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(files(&out), expected());
}

#[test]
fn zero_bytes_and_other_forms_of_values_are_what_they_stand_for() {
    let hex: String = "HEMAT25".bytes().map(|byte| format!("{byte:02X}")).collect();
    for form in [
        format!("0x{hex}"),
        format!("X'{hex}'"),
        "_binary 'HEMAT25'".to_owned(),
        "_utf8mb4 0x48454D41543235".to_owned(),
    ] {
        let dump = small_shop().dump(Dump::default()).replace("'HEMAT25'", &form);
        let folder = workspace();
        let (outcome, out) = extracted(folder.path(), dump, &[]);
        assert_eq!(outcome.code, 0, "{form}: {outcome:?}");
        assert_eq!(files(&out), expected(), "{form}");
    }
    let mut shop = small_shop();
    shop.set("comments", 1, "comment_content", "a\0b");
    shop.table("comments").rows.push(vec![Value::Null, Value::Null]);
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), shop.dump(Dump::default()), &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(files(&out), expected());
}

#[test]
fn what_else_a_dump_holds_is_read_over() {
    let more = "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON \
        `wp_sejolisa_orders` FOR EACH ROW BEGIN\nINSERT INTO `wp_sejolisa_orders` VALUES (NEW.ID); -- it's\nEND */;;\nDELIMITER ;\n\
        /*!50001 CREATE VIEW `wp_users_view` AS SELECT 1 AS `a`*/;\n# a comment; it's one\n/* another; it's one */\n\
        -- one more's\nCREATE FUNCTION f() RETURNS INT RETURN 1;\n";
    let dump = small_shop().dump(Dump::default());
    let dump = dump.replace(
        "/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;",
        &format!("{more}/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;"),
    );
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), dump, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(files(&out), expected());
}

/// The next number of a sequence that is the same in each run.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn a_dump_with_changed_bytes_is_rows_or_a_refusal() {
    const PIECES: [&str; 12] = [
        "'",
        "\\",
        "\"",
        "`",
        "),(",
        ";",
        "/*",
        "*/",
        "-- ",
        "NULL",
        "\0",
        "INSERT INTO `wp_users` VALUES (",
    ];
    let dump = tiny().dump(Dump::default()).into_bytes();
    let (mut state, mut refused) = (77, 0);
    for _ in 0..3000 {
        let mut changed = dump.clone();
        for _ in 0..=next(&mut state) % 4 {
            let at = next(&mut state) % changed.len();
            let piece = PIECES[next(&mut state) % PIECES.len()].bytes();
            let until = (at + next(&mut state) % 3).min(changed.len());
            changed.splice(at..until, piece);
        }
        refused += usize::from(rows_of_dump(changed).is_err());
    }
    assert!((300..3000).contains(&refused), "both happen: {refused}");
}
