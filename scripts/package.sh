#!/usr/bin/env bash
# The Debian package, in target/debian: a static binary (musl), completions, pages of the manual, and the documents. Needs
# cargo-deb, musl-tools, and the target x86_64-unknown-linux-musl of the toolchain; `--install` brings them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=x86_64-unknown-linux-musl
pages=target/package

missing=()
command -v musl-gcc >/dev/null || missing+=("apt-get install musl-tools")
rustup target list --installed | grep -qx "$target" || missing+=("rustup target add $target")
cargo deb --version >/dev/null 2>&1 || missing+=("cargo install --locked cargo-deb")
if [ ${#missing[@]} -gt 0 ]; then
    if [ "${1:-}" != --install ]; then
        echo "package: what builds it is missing; run: $(printf '%s; ' "${missing[@]}")" >&2
        exit 1
    fi
    for command in "${missing[@]}"; do
        # As root, packages of Debian need no question.
        DEBIAN_FRONTEND=noninteractive ${command/apt-get install/apt-get install -y}
    done
fi

cargo build --release --locked --target "$target"
binary=target/$target/release/sejoli-migrate

rm -rf "$pages"
mkdir -p "$pages"
"$binary" --quiet man --out "$pages/man"
gzip -9n "$pages"/man/*.1
for shell in bash zsh fish; do
    "$binary" completions "$shell" >"$pages/sejoli-migrate.$shell"
done

cargo deb --no-build --no-strip --locked --target "$target" --output target/debian/
ls -l target/debian/*.deb
