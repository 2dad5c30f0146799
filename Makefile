# Every command that the documents name. `make` lists them.
CARGO ?= cargo
ORDERS ?= 18600
ENGINES ?= sqlite postgres mysql
KILLS ?= 200
SEEDS ?= 100
SEED ?= $(shell date +%s)
# The build that the tests use, too: its dependencies are optimised, and a small shop takes seconds.
TOOL = target/debug/sejoli-migrate
DEMO = target/demo

.DEFAULT_GOAL := help
.PHONY: help build package test-package demo setup test test-matrix test-cluster requirements doc snapshots soak prisma axe bench bench-extract fuzz catalogue lint deny clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the release binary
	$(CARGO) build --release --locked

package: ## the Debian package with a static binary, in target/debian (INSTALL=--install brings what builds it)
	scripts/package.sh $(INSTALL)

test-package: package ## the package installed, used and taken away in a Debian of its own (needs root and debootstrap)
	tests/package.sh

# An exit code of 3 says that rows were held or rejected: done, and worth going on.
demo: export DATABASE_URL = file:$(CURDIR)/$(DEMO)/demo.db
demo: ## a small shop, imported and verified from scratch in target/demo
	$(CARGO) build --locked
	rm -rf $(DEMO)
	mkdir -p $(DEMO)
	$(TOOL) schema apply
	$(TOOL) import all fixtures/clean --create-memberships --as-of 2026-01-01T00:00:00+07:00 --out $(DEMO)/out || test $$? -eq 3
	$(TOOL) verify fixtures/clean
	$(TOOL) report

setup: ## installs what a bare Debian lacks for building and testing (apt-get; the toolchain comes with rustup)
	@tests/requirements.sh --install
	@$(CARGO) nextest --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-nextest

requirements: ## looks for every program that the tests need
	@tests/requirements.sh

# One more than there are cores: a test waits for its server at times.
test: export NEXTEST_TEST_THREADS ?= $(shell expr $$(nproc) + 1)
test: requirements ## all tests, on SQLite, PostgreSQL and MariaDB
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	    echo "$(CARGO) nextest run --locked --no-fail-fast"; tests/servers.sh $(CARGO) nextest run --locked --no-fail-fast; \
	else \
	    echo "$(CARGO) test --locked --no-fail-fast"; tests/servers.sh $(CARGO) test --locked --no-fail-fast; \
	fi

test-matrix: ## the tests of PostgreSQL on other versions of it (VERSIONS="13 14 15 16 17 18", SHORT=--short; needs npm)
	tests/matrix.sh $(SHORT) $(VERSIONS)

test-cluster: ## a Galera cluster whose nodes are killed, cut off and added (needs galera-4, rsync)
	@tests/requirements.sh cluster
	$(CARGO) test --locked --test suite cluster:: -- --ignored --test-threads=1

bench: ## an import beside the engine's own load of the same rows (ORDERS=18600 ENGINES="sqlite postgres mysql" SHOP=access FAR=far, or FAR="far pooled")
	tests/servers.sh --durable $(CARGO) bench --locked --bench bars -- $(ORDERS) $(ENGINES) $(SHOP) $(FAR)

bench-extract: ## reading a shop of a million orders: its dump beside gzip, its server beside the server's own client
	tests/servers.sh --durable $(CARGO) bench --locked --bench extract

snapshots: ## accepts what is printed now as what the snapshot tests expect
	INSTA_UPDATE=always tests/servers.sh $(CARGO) test --locked --test suite output::

# The suite's own soak, at length and aloud. A quarter of the kills on each server, and as many cut connections. A shop
# lives twenty days of each of the seeds that follow the first one.
soak: export SEJOLI_SOAK_KILLS = $(KILLS)
soak: export SEJOLI_SOAK_SEED = $(SEED)
soak: export SEJOLI_SOAK_SEEDS = $(SEEDS)
soak: ## the plug is pulled KILLS=200 times, and worse, and SEEDS=100 shops live on; SEED= draws the same moments
	tests/servers.sh $(CARGO) test --locked --test suite soak:: -- --nocapture --test-threads=1

prisma: ## what the tool adds and writes, held against Prisma itself (needs node and npm)
	$(CARGO) build --locked
	tests/servers.sh tests/prisma/run.sh

axe: ## every page in a browser by axe-core's rules, light and dark, wide and narrow (needs node and npm)
	$(CARGO) build --locked
	tests/axe/run.sh

# The toolchain is a stable one: the variable lets it take the flags that libFuzzer needs.
FUZZ_SECONDS ?= 1260
fuzz: ## every fuzz target for FUZZ_SECONDS (needs cargo-fuzz)
	@set -e; for target in money date phone; do \
	    RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run -s none $$target -- -dict=fuzz/dict/$$target.dict -max_len=64 -max_total_time=$(FUZZ_SECONDS); \
	done; for target in csv xlsx; do \
	    mkdir -p fuzz/corpus/$$target; \
	    RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run -s none $$target fuzz/corpus/$$target fixtures/files -- -max_len=65536 -max_total_time=$(FUZZ_SECONDS); \
	done; for target in sql php; do \
	    mkdir -p fuzz/corpus/$$target; \
	    RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run -s none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- -dict=fuzz/dict/$$target.dict -max_len=4096 -max_total_time=$(FUZZ_SECONDS); \
	done

catalogue: ## docs/findings.md and the tables of docs/reference.md, written from the code
	SEJOLI_WRITE_DOCS=1 $(CARGO) test --locked --test suite docs:: -- --quiet

doc: ## the documentation of the code, without a broken link
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items --quiet

lint: ## formatting and clippy
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings

# All platforms' packages are looked at, so those that are not at hand are fetched first, from the lock file.
# Advisories need a database of their own: it is used where one has been fetched before, never fetched here.
deny: ## licences, bans, sources and known advisories of the dependencies
	@if $(CARGO) deny --version >/dev/null 2>&1 && $(CARGO) fetch --locked --quiet; then \
	    echo "$(CARGO) deny --offline check licenses bans sources"; \
	    $(CARGO) deny --offline check licenses bans sources || exit 1; \
	    if ls "$${CARGO_HOME:-$$HOME/.cargo}"/advisory-dbs/*/ >/dev/null 2>&1; then \
	        $(CARGO) deny --offline check --disable-fetch advisories || exit 1; \
	    else \
	        echo "deny: advisories LEFT OUT, no advisory database on this machine"; \
	    fi; \
	else \
	    echo "deny: LEFT OUT, cargo-deny or the packages of all platforms are not at hand"; \
	fi
	@if $(CARGO) audit --version >/dev/null 2>&1 && [ -d "$${CARGO_HOME:-$$HOME/.cargo}/advisory-db" ]; then \
	    echo "$(CARGO) audit --no-fetch"; \
	    $(CARGO) audit --no-fetch; \
	else \
	    echo "audit: LEFT OUT, cargo-audit or its advisory database is not on this machine"; \
	fi

clean: ## removes target
	$(CARGO) clean
