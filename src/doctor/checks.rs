//! The verdicts on what the server and the machine have.

use crate::doctor::check::DoctorCheck;
use crate::doctor::facts::Facts;
use crate::doctor::machine::{DiskSpace, Machine};
use crate::doctor::needs::Needs;
use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::backup;
use crate::store::engines::health::SettingVerdict;
use crate::store::schema::finding::{ObjectState, SchemaCheck, SchemaVerdict};
use crate::store::session::store::Store;

/// A round trip from this many milliseconds on slows an import down noticeably.
const SLOW_LATENCY_MS: u128 = 20;
/// A difference of the clocks of more milliseconds than this is a warning.
const CLOCK_TOLERANCE_MS: i64 = 5_000;
/// The checklist's advice: 4 GB of memory, of which a machine shows a little less, and 50 GB of disk.
const ADVISED_MEMORY: u64 = 3_600_000_000;
const ADVISED_DISK: u64 = 48_000_000_000;
const ADVISED_CORES: usize = 2;

/// Checks of the server: version, settings, latency and clock.
pub(crate) fn of_database(facts: &Facts) -> Vec<DoctorCheck> {
    let health = &facts.health;
    let mut checks = vec![
        DoctorCheck::ok("version", &health.version).unless(
            health.known,
            SettingVerdict::Warning,
            tr!("older than what the tool is tested with; rehearse with `import --dry-run`"),
        ),
        DoctorCheck::ok("engine", facts.engine.name).unless(
            facts.engine.is_for_production,
            SettingVerdict::Warning,
            tr!("for production the checklist advises PostgreSQL or MySQL"),
        ),
    ];
    checks.extend(health.settings.iter().map(|setting| DoctorCheck {
        name: setting.name.to_owned(),
        verdict: setting.verdict,
        found: setting.found.clone(),
        meaning: setting.meaning.to_owned(),
    }));
    let latency = format!("{:.1} ms", facts.latency.as_secs_f64() * 1000.0);
    checks.push(DoctorCheck::ok("latency", latency).unless(
        facts.latency.as_millis() < SLOW_LATENCY_MS,
        SettingVerdict::Warning,
        tr!("a batch waits some four turns; run the import nearer to the server, or with a larger --batch-size"),
    ));
    if let Some(ahead) = facts.ahead {
        checks.push(DoctorCheck::ok("clock", format!("{:+.1} s", ahead as f64 / 1000.0)).unless(
            ahead.abs() <= CLOCK_TOLERANCE_MS,
            SettingVerdict::Warning,
            tr!("the server's clock and this machine's differ; whether a membership runs is judged by this one"),
        ));
    }
    checks
}

/// Whether the tables are those that an import needs.
pub(crate) fn of_schema(found: &SchemaCheck, may_create: bool) -> DoctorCheck {
    let first = |state| found.of(state).next().map(|found| format!("{}: {}", found.object, found.meaning));
    let apply = if may_create {
        tr!("run `schema apply` first").to_owned()
    } else {
        tr!("`schema apply` is due, and this user may not make tables: let one run it who may").to_owned()
    };
    let stop =
        |word: &str, why: String| DoctorCheck::ok("schema", word).unless(false, SettingVerdict::Stop, why);
    match found.verdict {
        SchemaVerdict::Ready => DoctorCheck::ok("schema", tr!("ready")),
        SchemaVerdict::Empty => stop(tr!("empty"), apply),
        SchemaVerdict::NeedsApply => stop(tr!("incomplete"), apply),
        SchemaVerdict::Incompatible => stop(
            tr!("incompatible"),
            tr!("{}; `schema check` lists all", first(ObjectState::Incompatible).unwrap_or_default()),
        ),
        SchemaVerdict::ReadOnly => stop(
            tr!("read-only"),
            tr!("{}; `schema check` lists all", first(ObjectState::ReadOnly).unwrap_or_default()),
        ),
        SchemaVerdict::NotOurs => stop(tr!("not the app's"), tr!("check DATABASE_URL").to_owned()),
    }
}

/// Whether a backup was recorded that is new enough.
pub(crate) fn of_backup(store: &mut Store, now: Millis) -> anyhow::Result<DoctorCheck> {
    let newest = match backup::latest(store)? {
        Some(backup) => {
            tr!("{} ({} h ago)", backup.created_at.spoken(), (now.0 - backup.created_at.0) / 3_600_000)
        }
        None => tr!("none recorded").to_owned(),
    };
    let wrong = backup::warning(store, now)?;
    let none = newest == tr!("none recorded");
    let meaning = wrong.clone().unwrap_or_else(|| tr!("make one: `sejoli-migrate backup`").to_owned());
    Ok(DoctorCheck::ok("backup", newest).unless(wrong.is_none() && !none, SettingVerdict::Warning, meaning))
}

/// Whether the database's disk has room for what the database grows by, and for a backup.
pub(crate) fn of_disk(facts: &Facts, machine: &Machine, needs: Option<&Needs>) -> DoctorCheck {
    let need = needs.map_or(0, |needs| needs.disk);
    let folder = facts.health.folder.as_deref().filter(|_| facts.local);
    match folder.and_then(|folder| machine.disk_space(folder)) {
        Some(space) => disk(space, need),
        None => DoctorCheck::ok("disk", tr!("not to be seen from here")).unless(
            need == 0,
            SettingVerdict::Warning,
            tr!("the server needs {} for these records", size(need)),
        ),
    }
}

fn disk(space: DiskSpace, need: u64) -> DoctorCheck {
    DoctorCheck::ok("disk", tr!("{} free of {}", size(space.free), size(space.total)))
        .unless(space.total >= ADVISED_DISK, SettingVerdict::Warning, tr!("the checklist advises 50 GB"))
        .unless(
            space.free >= need * 2,
            SettingVerdict::Warning,
            tr!("these records need {}, and a backup as much again", size(need)),
        )
        .unless(space.free >= need, SettingVerdict::Stop, tr!("these records need {}", size(need)))
}

/// Checks of this machine's memory and cores.
pub(crate) fn of_machine(machine: &Machine, needs: Option<&Needs>) -> Vec<DoctorCheck> {
    let need = needs.map_or(0, |needs| needs.memory);
    let (free, all) = (size(machine.available), size(machine.memory));
    vec![
        DoctorCheck::ok("memory", tr!("{free} available of {all}"))
            .unless(
                machine.memory >= ADVISED_MEMORY,
                SettingVerdict::Warning,
                tr!("the checklist advises 4 GB"),
            )
            .unless(
                machine.available >= need,
                SettingVerdict::Stop,
                tr!("these records need {} on this machine", size(need)),
            ),
        DoctorCheck::ok("cores", machine.cores.to_string()).unless(
            machine.cores >= ADVISED_CORES,
            SettingVerdict::Warning,
            tr!("two or more are advised: reading and writing go on at the same time"),
        ),
    ]
}

/// A number of bytes in a readable unit.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    #[test]
    fn a_disk_that_is_too_small_stops_and_a_narrow_one_warns() {
        let of =
            |total, free, need| disk(DiskSpace { total: total * GB, free: free * GB }, need * GB).verdict;
        assert_eq!(of(100, 90, 10), SettingVerdict::Ok);
        assert_eq!(of(40, 39, 1), SettingVerdict::Warning);
        assert_eq!(of(100, 15, 10), SettingVerdict::Warning);
        assert_eq!(of(100, 9, 10), SettingVerdict::Stop);
    }

    #[test]
    fn a_machine_is_judged_by_what_the_records_need() {
        let needs = Needs { records: 1, disk: 0, memory: 2 * GB, seconds: 0 };
        let of = |memory, available, cores| {
            let machine = Machine { memory: memory * GB, available: available * GB, cores };
            of_machine(&machine, Some(&needs)).iter().map(|check| check.verdict).collect::<Vec<_>>()
        };
        assert_eq!(of(8, 4, 2), [SettingVerdict::Ok, SettingVerdict::Ok]);
        assert_eq!(of(2, 2, 1), [SettingVerdict::Warning, SettingVerdict::Warning]);
        assert_eq!(of(8, 1, 4), [SettingVerdict::Stop, SettingVerdict::Ok]);
    }
}
