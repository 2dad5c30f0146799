//! Importing one export and then a newer one comes to the same as importing the newer one alone, where nobody has edited
//! anything in between.

use std::collections::BTreeMap;

use super::super::SeededRandom;
use super::app::furnish;
use super::difference;
use super::kinds::{Kind, Kinds};
use super::read::Handles;
use super::simulation::as_of_text;
use super::source_day::Sejoli;
use super::state::State;
use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::library::DatabaseUse;
use crate::support::library::tables::{Identity, SourceRecord, WebhookLog};
use crate::support::{AppDatabase, Engine, workspace};

const ORDERS: u32 = 25;
const MEMBERSHIPS: u32 = 8;
const EVENTS: u64 = 12;

/// What a newer export alone cannot know: that a row or a figure was there before, and whose code it was.
const OF_THE_FIRST: [Kind; 3] = [Kind::LosesRows, Kind::EmptiesTotalPaid, Kind::CorrectsAffiliateEmail];

/// How a user is told whom no import has made.
const OF_THE_APP: &str = ", of the app's own";

/// Imports a random export and a corrected one, and the corrected one alone.
pub(super) fn second_export_decides(engine: Engine, seed: u64) {
    let mut random = SeededRandom::of(seed, "two exports");
    let mut sejoli = Sejoli::new(&mut random, ORDERS, MEMBERSHIPS);
    let folders = [workspace(), workspace()];
    sejoli.shop.write(folders[0].path());
    let said = sejoli.day(&mut random, 1, &Kinds::switched_on().without(&OF_THE_FIRST), EVENTS);
    sejoli.shop.write(folders[1].path());
    let [both, second] = [(); 2].map(|()| {
        let db = AppDatabase::new(engine);
        furnish(&db);
        db
    });
    let import = |db: &AppDatabase, folder: &tempfile::TempDir| {
        let (path, out) = (folder.path().display().to_string(), db.path("out").display().to_string());
        let outcome =
            db.run(&["import", "all", &path, "--out", &out, "--as-of", &as_of_text(1), "--batch-size", "7"]);
        assert!(matches!(outcome.code, DONE | ROWS_LEFT), "seed {seed}: {said:#?} {outcome:?}");
        outcome.code
    };
    import(&both, &folders[0]);
    let codes = [import(&both, &folders[1]), import(&second, &folders[1])];
    let fail =
        |what: &str| panic!("{engine:?}, seed {seed}: {what}\n\nWhat was corrected:\n{}", said.join("\n"));
    if let Some(difference) = difference::smallest(&state(&second), &state(&both)) {
        fail(&format!("expected is what the second export alone comes to: {difference}"));
    }
    let [kept, alone] = [&both, &second].map(kept_rows);
    // Who a user of the app's own is, stays decided where no row of the second export names the address.
    let stays = |key: &str, row: &str| row.ends_with(OF_THE_APP) && !alone.contains_key(key);
    let mut news = kept.iter().filter(|(key, row)| !stays(key, row));
    if let Some((key, row)) = news.find(|(key, row)| alone.get(*key) != Some(row)) {
        fail(&format!("{key} is {row} after both exports, {:?} after the second alone", alone.get(key)));
    }
    if let Some(key) = alone.keys().find(|key| !kept.contains_key(*key)) {
        fail(&format!("{key} is only there after the second export alone"));
    }
    assert_eq!(codes[0], codes[1], "{engine:?}, seed {seed}: the exit codes, {said:#?}");
}

/// What stands, without the details of people, which are filled once.
fn state(db: &AppDatabase) -> State {
    let (mut state, _) = Handles::default().read(db);
    for person in state.people.values_mut() {
        person.name.clear();
        (person.phone, person.whatsapp) = (None, None);
    }
    state
}

/// What the tool keeps of the source: whose each identity is, and the rows as they were read.
fn kept_rows(db: &AppDatabase) -> BTreeMap<String, String> {
    let mut handles = Handles::default();
    let (state, ids) = handles.read(db);
    let shown = |handle: &String| {
        let of_the_app = if state.people[handle].imported { "" } else { OF_THE_APP };
        format!("{handle}{of_the_app}")
    };
    let people: BTreeMap<&String, String> =
        ids.people.iter().map(|(handle, id)| (id, shown(handle))).collect();
    let mut store = db.store(DatabaseUse::Read);
    let mut kept = BTreeMap::new();
    for row in store.select::<Identity>("", &[]).expect("the identities") {
        kept.insert(format!("identity {}", row.id), people.get(&row.user_id).cloned().unwrap_or_default());
    }
    for row in store.select::<WebhookLog>("", &[]).expect("the logs") {
        let shown = (row.order_status, row.product_id, row.buyer_name, row.buyer_email, row.buyer_phone);
        let shown = format!("{shown:?} {:?} {:?} {:?}", row.amount, row.paid_at, row.affiliate_code);
        kept.insert(format!("log of order {}", row.order_id), shown);
    }
    for row in store.select::<SourceRecord>("", &[]).expect("the kept rows") {
        kept.insert(format!("{} {}", row.kind.as_str(), row.source_key), content(&row.payload.0));
    }
    kept
}

/// The fingerprint of a row's cells.
fn content(payload: &str) -> String {
    let payload: serde_json::Value = serde_json::from_str(payload).expect("a payload is JSON");
    payload["content"].to_string()
}
