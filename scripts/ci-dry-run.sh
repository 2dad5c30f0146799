#!/usr/bin/env bash
# A dry-run import of fixtures, for CI: it fails where the exports, the product map or the app's schema have changed so that
# the night would fail. Nothing but the folder of results is left behind.
#
#   scripts/ci-dry-run.sh FOLDER RESULTS [options of `import all`]
#
# DATABASE_URL names a database with the app's schema, such as a service of the pipeline; without it a new SQLite database
# is made. SEJOLI_MIGRATE is the program [sejoli-migrate]. Exit codes are the tool's; 3 (rows were held or rejected) is a failure
# unless ALLOW_HELD=yes.
set -uo pipefail

[[ $# -ge 2 && -d $1 ]] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
folder=$1 results=$2
shift 2
tool=${SEJOLI_MIGRATE:-sejoli-migrate}
mkdir -p "$results"
export DATABASE_URL=${DATABASE_URL:-file:$(cd "$results" && pwd)/ci.db}
# What `validate` has to know of the import: whether the plans that the map names will be there.
creates=()
[[ " $* " == *" --create-memberships "* ]] && creates=(--create-memberships)
expect=()
[[ -e $folder/totals.json ]] && expect=(--expect "$folder/totals.json")

# Runs a step, keeps its document, and ends with its exit code if that is a failure.
step() {
    local name=$1 code
    shift
    "$@" >"$results/$name.json"
    code=$?
    echo "$name: exit code $code, see $results/$name.json" >&2
    [[ $code -eq 0 || ($code -eq 3 && ${ALLOW_HELD:-} == yes) ]] || exit "$code"
}

step schema "$tool" --format json schema apply
step validate "$tool" --format json validate "$folder" "${expect[@]}" "${creates[@]}" --out "$results"
step dry-run "$tool" --format json import all "$folder" "${expect[@]}" "$@" --dry-run --out "$results" --diff "$results/changes.csv"
