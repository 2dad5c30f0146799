//! What each command prints, as text and as a JSON document, on the sample shops. The completions and the manual are
//! left out: they are made from the same definitions as the help pages.

use super::{BACKUP_FILE, NEWEST_RUN, PAIR, WAITS, printed};
use crate::support::AS_OF;

/// When the reports are made: some memberships are over by then, and some will be within a week, whatever day it is.
const REPORTED_AT: &str = "2026-11-25T00:00:00+07:00";

printed! {
    schema_check_of_a_new_database: Nothing, ["schema", "check"];
    schema_check: Schema, ["schema", "check"];
    schema_check_json: Schema, ["schema", "check", "--format", "json"];
    schema_apply: Nothing, ["schema", "apply"];
    schema_apply_json: Nothing, ["schema", "apply", "--format", "json"];
    schema_apply_again: Schema, ["schema", "apply"];
    schema_status: Schema, ["schema", "status"];
    schema_status_json: Schema, ["schema", "status", "--format", "json"];
    schema_print_prisma: Schema, ["schema", "print", "--format", "prisma"];
    schema_print_sql: Schema, ["schema", "print", "--format", "sql"];
    schema_revert: Schema, ["schema", "revert"];
    schema_revert_json: Schema, ["schema", "revert", "--format", "json"];

    doctor: Schema, ["doctor", "fixtures/clean"];
    doctor_json: Schema, ["doctor", "fixtures/clean", "--format", "json"];

    backup: Clean, ["backup", "--out", "out"];
    backup_json: Clean, ["backup", "--out", "out", "--format", "json"];
    backup_restore: BackedUp, ["backup", "restore", BACKUP_FILE];
    backup_restore_json: BackedUp, ["backup", "restore", BACKUP_FILE, "--format", "json"];

    validate_clean: Nothing, ["validate", "fixtures/clean", "--as-of", AS_OF, "--out", "out"];
    validate_clean_json: Nothing, ["validate", "fixtures/clean", "--as-of", AS_OF, "--out", "out", "--format", "json"];
    validate_messy: Nothing, ["validate", "fixtures/messy", "--as-of", AS_OF, "--out", "out"];
    validate_messy_json: Nothing, ["validate", "fixtures/messy", "--as-of", AS_OF, "--out", "out", "--format", "json"];
    validate_with_control_totals: Nothing, [
        "validate", "fixtures/clean", "--as-of", AS_OF, "--out", "out",
        "--expect-orders", "200", "--expect-revenue", "1",
    ];
    validate_with_a_preview: Nothing, [
        "validate", "fixtures/clean", "--as-of", AS_OF, "--out", "out", "--preview", "2", "--high-value", "2750000",
    ];

    products_list: Nothing, ["products", "list", "fixtures/clean"];
    products_list_json: Nothing, ["products", "list", "fixtures/clean", "--format", "json"];
    products_template: Nothing, ["products", "template", "fixtures/clean/orders.csv"];
    products_template_json: Nothing, ["products", "template", "fixtures/clean/orders.csv", "--format", "json"];

    import_clean: Schema, ["import", "all", "fixtures/clean", "--create-memberships", "--as-of", AS_OF, "--out", "out"];
    import_clean_json: Schema, [
        "import", "all", "fixtures/clean", "--create-memberships", "--as-of", AS_OF, "--out", "out", "--format", "json",
    ];
    import_messy: Schema, ["import", "all", "fixtures/messy", "--create-memberships", "--as-of", AS_OF, "--out", "out"];
    import_messy_json: Schema, [
        "import", "all", "fixtures/messy", "--create-memberships", "--as-of", AS_OF, "--out", "out", "--format", "json",
    ];
    import_dry_run: Schema, [
        "import", "all", "fixtures/messy", "--create-memberships", "--as-of", AS_OF, "--out", "out", "--dry-run",
    ];
    import_again: Clean, ["import", "all", "fixtures/clean", "--create-memberships", "--as-of", AS_OF, "--out", "out"];
    import_continued: Interrupted, [
        "import", "all", "fixtures/clean", "--create-memberships", "--as-of", AS_OF, "--out", "out",
    ];

    retry: Messy, ["retry", NEWEST_RUN];
    retry_json: Messy, ["retry", NEWEST_RUN, "--format", "json"];

    mappings_list: Messy, ["mappings", "list", "--status", "pending"];
    mappings_list_json: Messy, ["mappings", "list", "--status", "pending", "--format", "json"];
    mappings_show: Messy, ["mappings", "show", WAITS];
    mappings_show_json: Messy, ["mappings", "show", WAITS, "--format", "json"];
    mappings_verify: Messy, ["mappings", "verify", WAITS, "--new", "baru@example.org", "--by", "Rina", "--dry-run"];
    mappings_reject: Messy, ["mappings", "reject", WAITS, "--why", "a test", "--by", "Rina"];
    mappings_reject_json: Messy, ["mappings", "reject", WAITS, "--why", "a test", "--by", "Rina", "--format", "json"];
    people_list: Messy, ["people", "list"];
    people_list_json: Messy, ["people", "list", "--format", "json"];
    people_list_decided: DecidedPair, ["people", "list", "--decided"];
    people_show: Messy, ["people", "show", PAIR[0], PAIR[1]];
    people_show_json: Messy, ["people", "show", PAIR[0], PAIR[1], "--format", "json"];
    people_merge_dry_run: Messy, [
        "people", "merge", PAIR[0], PAIR[1], "--why", "phoned her", "--by", "Rina", "--dry-run",
    ];
    people_merge: Messy, ["people", "merge", PAIR[0], PAIR[1], "--why", "phoned her", "--by", "Rina"];
    people_merge_json: Messy, [
        "people", "merge", PAIR[0], PAIR[1], "--why", "phoned her", "--by", "Rina", "--format", "json",
    ];
    people_keep_apart: Messy, ["people", "keep-apart", PAIR[0], PAIR[1], "--why", "two sisters", "--by", "Rina"];
    people_undo: DecidedPair, ["people", "undo", PAIR[0], PAIR[1], "--by", "Rina"];
    people_merge_refused: DecidedPair, ["people", "merge", PAIR[0], PAIR[1], "--why", "phoned her", "--by", "Rina"];
    people_export: Messy, ["people", "export", "pairs.xlsx"];
    people_apply: FilledIn, ["people", "apply", "pairs.csv", "--by", "Rina", "--yes"];
    people_apply_json: FilledIn, ["people", "apply", "pairs.csv", "--by", "Rina", "--yes", "--format", "json"];
    people_apply_without_yes: FilledIn, ["people", "apply", "pairs.csv", "--by", "Rina"];
    people_apply_of_nothing: NotFilledIn, ["people", "apply", "pairs.xlsx", "--by", "Rina", "--yes"];
    people_apply_of_nothing_json: NotFilledIn, [
        "people", "apply", "pairs.xlsx", "--by", "Rina", "--yes", "--format", "json",
    ];
    mappings_export: Messy, ["mappings", "export", "decide.xlsx"];

    verify_clean: Clean, ["verify", "fixtures/clean"];
    verify_clean_json: Clean, ["verify", "fixtures/clean", "--format", "json"];
    verify_app_figures: Clean, ["verify", "--app-figures"];
    verify_messy: Messy, ["verify", "fixtures/messy"];
    verify_messy_json: Messy, ["verify", "fixtures/messy", "--format", "json"];
    verify_of_other_files: Clean, ["verify", "fixtures/messy"];

    repair_nothing: Clean, ["repair", "--all", "--dry-run"];
    repair_nothing_json: Clean, ["repair", "--all", "--dry-run", "--format", "json"];

    status: Clean, ["status"];
    status_json: Clean, ["status", "--format", "json"];
    status_of_a_run: Messy, ["status", NEWEST_RUN];
    status_of_a_run_json: Messy, ["status", NEWEST_RUN, "--format", "json"];
    status_of_an_interrupted_run: Interrupted, ["status", NEWEST_RUN];
    status_without_runs: Schema, ["status"];
    status_after_a_rollback: RolledBack, ["status"];

    status_after_a_decision: Decided, ["status"];
    report_of_a_decision: Decided, ["report", "--as-of", REPORTED_AT];
    report_of_a_decision_as_markdown: Decided, ["report", "--as-of", REPORTED_AT, "--as", "md"];
    rollback_of_a_decision: Decided, ["rollback", "--last", "--dry-run"];

    report_clean: Clean, ["report", "--as-of", REPORTED_AT];
    report_clean_json: Clean, ["report", "--as-of", REPORTED_AT, "--format", "json"];
    report_messy: Messy, ["report", "--as-of", REPORTED_AT];
    report_messy_json: Messy, ["report", "--as-of", REPORTED_AT, "--format", "json"];
    report_invitations: Messy, [
        "report", "invitations", "--site", "https://app.example.org", "--out", "out/invitations.csv",
    ];
    report_as_text: Messy, ["report", "--as-of", REPORTED_AT, "--as", "text"];
    report_as_markdown: Messy, ["report", "--as-of", REPORTED_AT, "--as", "md"];
    report_in_indonesian: Messy, ["report", "--as-of", REPORTED_AT, "--as", "md", "--lang", "id"];

    rollback_dry_run: Clean, ["rollback", "--last", "--dry-run"];
    rollback_dry_run_json: Clean, ["rollback", "--last", "--dry-run", "--format", "json"];
    rollback: Clean, ["rollback", "--last", "--yes"];
    rollback_json: Clean, ["rollback", "--last", "--yes", "--format", "json"];

    purge: Messy, ["purge", NEWEST_RUN, "--yes"];
    purge_json: Messy, ["purge", NEWEST_RUN, "--yes", "--format", "json"];

    unlock: Schema, ["unlock"];
    unlock_json: Schema, ["unlock", "--format", "json"];

    config_init: Nothing, ["config", "init"];
    config_show: Nothing, ["config", "show"];
    config_show_of_a_command: Nothing, ["config", "show", "retry"];

    validate_junit: Nothing, ["validate", "fixtures/messy", "--as-of", AS_OF, "--out", "out", "--format", "junit"];
    verify_junit: Clean, ["verify", "fixtures/clean", "--format", "junit"];

    explain: Nothing, ["explain"];
    explain_json: Nothing, ["explain", "--format", "json"];
    explain_a_code: Nothing, ["explain", "SJM-0401"];
    explain_a_code_json: Nothing, ["explain", "SJM-0401", "--format", "json"];
}
