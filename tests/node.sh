# What the scripts with which node and npm are needed begin with; they source this file.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tool=$root/target/debug/sejoli-migrate

# Names the folders of a script, installs its packages, and empties its folder below target.
set_up() {
    here=$root/tests/$1
    work=$root/target/$1
    command -v npm >/dev/null || { echo "$1: install nodejs and npm" >&2; exit 1; }
    (cd "$here" && npm install --no-audit --no-fund --ignore-scripts --no-package-lock --loglevel=error)
    rm -rf "$work"
    mkdir -p "$work"
}
