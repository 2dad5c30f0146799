# Every command that the README names. `make` lists them.
CARGO ?= cargo
ORDERS ?= 18600
TOOL = target/release/sejoli-migrate
DEMO = target/demo

.DEFAULT_GOAL := help
.PHONY: help build demo test bench fuzz catalogue lint deny clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the release binary
	$(CARGO) build --release --locked

# An exit code of 3 says that rows were held or rejected: done, and worth going on.
demo: export DATABASE_URL = file:$(CURDIR)/$(DEMO)/demo.db
demo: build ## a small shop, imported and verified from scratch in target/demo
	rm -rf $(DEMO)
	mkdir -p $(DEMO)
	$(TOOL) schema apply
	$(TOOL) import all fixtures/clean --create-memberships --as-of 2026-01-01T00:00:00+07:00 --out $(DEMO)/out || test $$? -eq 3
	$(TOOL) verify fixtures/clean
	$(TOOL) report

test: ## all tests, on SQLite, PostgreSQL and MariaDB
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	    echo "$(CARGO) nextest run --locked"; tests/servers.sh $(CARGO) nextest run --locked; \
	else \
	    echo "$(CARGO) test --locked"; tests/servers.sh $(CARGO) test --locked; \
	fi

bench: ## an import beside a bare program that inserts the same rows (ORDERS=18600)
	$(CARGO) bench --locked --bench bars -- $(ORDERS)

# The toolchain is a stable one: the variable lets it take the flags that libFuzzer needs.
FUZZ_SECONDS ?= 1260
fuzz: ## every fuzz target for FUZZ_SECONDS (needs cargo-fuzz)
	@set -e; for target in money date phone; do \
	    RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run -s none $$target -- -dict=fuzz/dict/$$target.dict -max_len=64 -max_total_time=$(FUZZ_SECONDS); \
	done; for target in csv xlsx; do \
	    mkdir -p fuzz/corpus/$$target; \
	    RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run -s none $$target fuzz/corpus/$$target fixtures/files -- -max_len=65536 -max_total_time=$(FUZZ_SECONDS); \
	done

catalogue: ## docs/findings.md, written from the codes
	SEJOLI_WRITE_DOCS=1 $(CARGO) test --locked --test suite docs:: -- --quiet

lint: ## formatting and clippy
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings

deny: ## licences, bans and sources of the dependencies
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
	    echo "$(CARGO) deny --offline check licenses bans sources"; \
	    $(CARGO) deny --offline check licenses bans sources; \
	else \
	    echo "deny: LEFT OUT, cargo-deny is not installed"; \
	fi

clean: ## removes target
	$(CARGO) clean
