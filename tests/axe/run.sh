#!/usr/bin/env bash
# Looks at every page that the tool writes as HTML with axe-core in a headless browser: the report in both languages, of a
# run of nothing, a whole one, a messy one with upper tiers and one that was interrupted, and a sample of people. Needs
# node and npm; the browser comes as one of npm's packages.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../node.sh"
set_up axe
mkdir -p "$work/pages" "$work/nothing"

# Only headers: a run that has read nothing.
for file in "$root"/fixtures/clean/*.csv; do head -n 1 "$file" >"$work/nothing/$(basename "$file")"; done

cp -r "$root/fixtures/messy" "$work/messy"
cat >"$work/messy/commissions.csv" <<'ROWS'
id,order_id,affiliate_code,tier,amount,status,paid
1,10003,HESA002,2,55000.25,added,1
2,10004,GERA004,2,55000.5,added,0
3,10009,GERE005,2,26000.75,added,0
4,10013,GAIB018,2,26000,added,0
5,10020,NOVU006,2,13000,pending,0
ROWS

# A database of its own for each state of a shop. An exit code of 3 says that rows were held or rejected.
database() {
    export DATABASE_URL=file:$work/$1.db
    "$tool" -q schema apply >/dev/null 2>&1
}
import() {
    "$tool" -q import all "$1" --create-memberships --as-of 2026-01-01T00:00:00+07:00 --out "$work/out" "${@:2}" \
        >/dev/null 2>&1 || test $? -eq 3
}
pages() {
    for language in en id; do
        "$tool" -q report --lang "$language" --out "$work/pages/report-$1-$language.html" >/dev/null 2>&1
    done
}

database nothing
import "$work/nothing"
pages nothing

database whole
import "$root/fixtures/clean"
pages whole

database messy
import "$work/messy"
pages messy
"$tool" -q verify --sample 30 --show-pii --out "$work/pages/sample.html" >/dev/null 2>&1

# The disk is full at three quarters of what the whole import needs, in blocks of 1,024 bytes.
database interrupted
(
    ulimit -f $(($(stat -c %s "$work/messy.db") * 3 / 4096))
    trap '' XFSZ
    "$tool" -q import all "$root/fixtures/messy" --create-memberships --as-of 2026-01-01T00:00:00+07:00 \
        --out "$work/out" --batch-size 20 >/dev/null 2>&1
) && { echo "axe: the import was not interrupted" >&2; exit 1; }
pages interrupted
grep -q "not complete" "$work/pages/report-interrupted-en.html"

(cd "$here" && node check.mjs "$work/pages")
