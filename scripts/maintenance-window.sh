#!/usr/bin/env bash
# The night of the migration, step by step. docs/runbook.md says what to expect of each step.
#
#   scripts/maintenance-window.sh FOLDER            from doctor to the report
#   scripts/maintenance-window.sh FOLDER go-live    what was verified is kept, and the app opens
#   scripts/maintenance-window.sh FOLDER roll-back  the import is undone, and the app opens as it was
#   scripts/maintenance-window.sh FOLDER status     which steps are done
#
# FOLDER holds the exports, the product map (products.csv) and, if there is one, totals.json. Whatever stops it, the same
# command goes on with the step that is not done. Settings, all from the environment:
#
#   DATABASE_URL      the app's database
#   MAINTENANCE_ON    a command that closes the app, before anything is written
#   MAINTENANCE_OFF   a command that opens it again
#   ACCEPT_HELD=yes   goes on although rows are held or rejected: somebody has read the list
#   IMPORT_OPTIONS    further options of `import all`, such as --create-memberships
#   SAMPLE            how many people are drawn for the signature [50]
#   SEED              the seed that draws them [1]
#   SEJOLI_MIGRATE    the program [sejoli-migrate]
set -uo pipefail

readonly STEPS=(doctor maintenance-on backup schema validate dry-run import verify sample report)

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
    exit "${1:-2}"
}

say() { printf '%s  %s\n' "$(date '+%H:%M:%S')" "$*" >&2; }

# Steps that are done, a line each: the step, when, and how long it took in seconds.
is_done() { grep -qs "^$1 " "$DONE"; }
record() { printf '%s %s %s\n' "$1" "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$2" >>"$DONE"; }

meaning() {
    case $1 in
        2) echo "the command line is not right: see IMPORT_OPTIONS" ;;
        3) echo "rows are held or rejected" ;;
        4) echo "what was found is not what was expected" ;;
        5) echo "refused: another process has the lock, or the plan is not for this database any more" ;;
        6) echo "a file cannot be used" ;;
        7) echo "the database cannot be used" ;;
        130 | 143) echo "stopped by a signal, between two batches" ;;
        *) echo "it failed" ;;
    esac
}

# What to do where a step has stopped.
advice() {
    case $1:$2 in
        dry-run:3 | validate:3)
            echo "Read the list of rows. To leave them out for now: ACCEPT_HELD=yes $AGAIN" ;;
        import:130 | import:143 | import:1 | import:7)
            echo "Nothing is lost: $AGAIN goes on where the import stopped." ;;
        import:5)
            echo "See who has the lock: $TOOL unlock. If the database has changed since the dry run: rm $(printf %q "$PLAN"); $AGAIN" ;;
        import:* | verify:* | sample:* | report:*)
            echo "Do not open the app. To undo the import: $AGAIN roll-back" ;;
        *) echo "Nothing was imported. When it is mended: $AGAIN" ;;
    esac
}

# Runs a step, unless it is done. Exit codes after `--` count as success, too.
step() {
    local name=$1 accepted=$2 began code
    shift 2
    if is_done "$name"; then
        say "$name: done before"
        return
    fi
    say "$name: begins"
    began=$SECONDS
    "$@"
    code=$?
    if [[ " 0 $accepted " != *" $code "* ]]; then
        say "$name: exit code $code, $(meaning "$code")"
        say "$(advice "$name" "$code")"
        exit "$code"
    fi
    record "$name" $((SECONDS - began))
    say "$name: done in $((SECONDS - began)) s"
}

hook() { if [[ -n $1 ]]; then bash -c "$1"; else say "no command is set for this: do it by hand, if it is needed"; fi; }

dry_run() {
    # shellcheck disable=SC2086 # options are words
    "$TOOL" import all "$FOLDER" "${EXPECT[@]}" ${IMPORT_OPTIONS:-} --out "$OUT" --dry-run --plan "$PLAN" --diff "$OUT/changes.csv"
}

# An import that was interrupted is gone on with by its plan, too.
import_plan() { "$TOOL" import --from-plan "$PLAN"; }

walk() {
    local held=""
    [[ ${ACCEPT_HELD:-} == yes ]] && held=3
    step doctor "" "$TOOL" doctor "$FOLDER"
    step maintenance-on "" hook "${MAINTENANCE_ON:-}"
    step backup "" "$TOOL" backup --out "$OUT"
    step schema "" "$TOOL" schema apply
    step validate "$held" "$TOOL" validate "$FOLDER" "${EXPECT[@]}" "${CREATES[@]}" --out "$OUT"
    [[ -e $PLAN ]] || forget dry-run
    step dry-run "$held" dry_run
    step import "$held" import_plan
    step verify "" "$TOOL" verify "$FOLDER"
    step sample "" "$TOOL" verify --sample "${SAMPLE:-50}" --seed "${SEED:-1}" --show-pii --out "$OUT/sample.html"
    step report "" "$TOOL" report --out "$OUT/report.html"
    say "All steps are done. Read $OUT/report.html, let $OUT/sample.html be signed, then one of"
    say "  $AGAIN go-live"
    say "  $AGAIN roll-back"
}

forget() {
    [[ -e $DONE ]] || return 0
    grep -v "^$1 " "$DONE" >"$DONE.new"
    mv "$DONE.new" "$DONE"
}

go_live() {
    is_done report || { say "not everything was verified: $AGAIN comes first"; exit 5; }
    is_done roll-back && { say "the import was undone: $AGAIN begins anew once $DONE is removed"; exit 5; }
    step go-live "" hook "${MAINTENANCE_OFF:-}"
    say "The app is open. What comes next: docs/runbook.md, \"The next morning\"."
}

roll_back() {
    is_done go-live && { say "the app is open already: people may have used it. See \`$TOOL rollback --help\`"; exit 5; }
    is_done backup || { say "nothing was imported"; exit 5; }
    step roll-back "" "$TOOL" rollback --last --yes
    step maintenance-off "" hook "${MAINTENANCE_OFF:-}"
    say "The database is as it was before the import."
}

status() {
    for name in "${STEPS[@]}" go-live roll-back; do
        if is_done "$name"; then
            grep "^$name " "$DONE" | awk '{ printf "%-16s done %s, %s s\n", $1, $2, $3 }'
        else
            printf '%-16s -\n' "$name"
        fi
    done
}

[[ ${1:-} == -h || ${1:-} == --help ]] && usage 0
[[ $# -ge 1 && $# -le 2 && -d $1 ]] || usage
FOLDER=${1%/}
TOOL=${SEJOLI_MIGRATE:-sejoli-migrate}
OUT=$FOLDER/out
DONE=$OUT/maintenance-window.done
PLAN=$OUT/maintenance-window.plan.json
# What is said to be typed is quoted: a folder may be called anything.
AGAIN=$(printf '%q %q' "$0" "$FOLDER")
EXPECT=()
# What `validate` has to know of the import: whether the plans that the map names will be there.
CREATES=()
[[ " ${IMPORT_OPTIONS:-} " == *" --create-memberships "* ]] && CREATES=(--create-memberships)
[[ -e $FOLDER/totals.json ]] && EXPECT=(--expect "$FOLDER/totals.json")
mkdir -p "$OUT" && chmod 700 "$OUT"

case ${2:-walk} in
    walk) walk ;;
    go-live) go_live ;;
    roll-back) roll_back ;;
    status) status ;;
    *) usage ;;
esac
