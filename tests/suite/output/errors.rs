//! The main errors: what is said, and the exit code. Each says what to do.

use super::{NEWEST_RUN, printed};

printed! {
    error_command_missing: Nothing, [];
    error_command_unknown: Nothing, ["export"];
    error_command_of_import_missing: Nothing, ["import"];
    error_files_missing: Schema, ["import", "all"];
    error_option_unknown: Nothing, ["status", "--colour", "never"];
    error_option_without_its_value: Nothing, ["import", "all", "fixtures/clean", "--as-of"];
    error_option_date_order: Nothing, ["validate", "fixtures/clean", "--date-order", "ymd"];
    error_option_source_tz: Nothing, ["validate", "fixtures/clean", "--source-tz", "Jakarta"];
    error_option_as_of: Nothing, ["validate", "fixtures/clean", "--as-of", "yesterday"];
    error_option_batch_size: Nothing, ["import", "all", "fixtures/clean", "--batch-size", "0"];
    error_option_partition: Nothing, ["import", "all", "fixtures/clean", "--partition", "5/4"];
    error_option_max_rejects: Nothing, ["import", "all", "fixtures/clean", "--max-rejects", "many"];
    error_option_expect_revenue: Nothing, ["verify", "--expect-revenue", "a lot"];
    error_option_format: Nothing, ["status", "--format", "xml"];
    error_option_delimiter: Nothing, ["validate", "fixtures/clean", "--delimiter", "space"];
    error_options_that_exclude_each_other: Clean, [
        "import", "all", "fixtures/clean", "--resume", "--restart",
    ];

    error_option_unknown_json: Nothing, ["status", "--colour", "never", "--format", "json"];
    error_profile_without_a_file: Nothing, ["--profile", "staging", "status"];
    error_format_of_another_command: Nothing, ["status", "--format", "junit"];

    error_file_missing: Schema, ["import", "all", "nowhere.csv"];
    error_file_missing_json: Schema, ["import", "all", "nowhere.csv", "--format", "json"];
    error_file_without_a_header: Schema, ["import", "all", "fixtures/README.md"];
    error_file_without_a_required_column: Nothing, ["validate", "fixtures/files/header-missing-column.csv"];
    error_file_cut_off: Nothing, ["validate", "fixtures/files/xlsx-cut.xlsx"];
    error_file_of_two_sheets: Nothing, ["validate", "fixtures/files/xlsx-two-of-a-kind.xlsx"];
    error_folder_without_exports: Nothing, ["validate", "fixtures/databases"];
    error_kind_that_the_files_lack: Schema, ["import", "memberships", "fixtures/clean/orders.csv"];

    error_database_missing: Nothing, ["status"];
    error_database_missing_import: Nothing, ["import", "all", "fixtures/clean"];
    error_database_without_tables: Nothing, ["--database-url", "file:fixtures/README.md", "status"];
    error_url_without_a_scheme: Nothing, ["--database-url", "shop.db", "status"];
    error_url_of_another_database: Nothing, ["--database-url", "mongodb://127.0.0.1/shop", "status"];
    error_url_without_a_file: Nothing, ["--database-url", "file:", "status"];
    error_url_empty: Nothing, ["--database-url", "", "status"];
    error_server_unreachable: Nothing, ["--database-url", "postgresql://shop:secret@127.0.0.1:1/shop", "status"];
    error_server_unreachable_mysql: Nothing, ["--database-url", "mysql://shop:secret@127.0.0.1:1/shop", "status"];

    error_run_unknown: Clean, ["status", "20990101-000000000-abcdef"];
    error_run_unknown_report: Clean, ["report", "20990101-000000000-abcdef"];
    error_run_unknown_rollback: Clean, ["rollback", "20990101-000000000-abcdef", "--yes"];
    error_run_unknown_retry: Clean, ["retry", "20990101-000000000-abcdef"];
    error_run_malformed: Clean, ["status", "newest"];
    error_no_run_to_report: Schema, ["report"];
    error_no_run_to_roll_back: Schema, ["rollback", "--last", "--yes"];
    error_nothing_to_retry: Clean, ["retry", NEWEST_RUN];

    error_import_refused_another_is_interrupted: Interrupted, ["import", "orders", "fixtures/messy/orders.csv"];
    error_import_refused_too_many_rejects: Schema, [
        "import", "all", "fixtures/messy", "--max-rejects", "1", "--out", "out",
    ];
    error_rollback_refused_without_yes: Clean, ["rollback", "--last"];
    error_rollback_refused_without_a_run: Clean, ["rollback", "--yes"];
    error_purge_refused_without_yes: Clean, ["purge", NEWEST_RUN];
    error_revert_refused_while_a_run_stands: Clean, ["schema", "revert"];
    error_verify_before_any_import: Schema, ["verify", "fixtures/clean"];

    error_code_unknown: Nothing, ["explain", "SJM-9999"];
    error_page_unknown: Nothing, ["man", "export"];
    error_backup_missing: Schema, ["backup", "restore", "nowhere.db"];
}
