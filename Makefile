# The only entry to this repository: `make help` lists what it can do. Recipes longer than three lines are in make/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DELETE_ON_ERROR:
.NOTPARALLEL:

# Versions of what is installed into .tools; Envoy's is in requirements.txt, Schemathesis' in make/schemathesis.txt, Rust's in rust-toolchain.toml.
CARGO_DENY := 0.20.2
OTELCOL_BUILDER := v0.165.0
# The version before this one, built from history: filter and collector must count exactly with the other of this version.
EARLIER := 32531fa

TOOLS := $(CURDIR)/.tools
export ENVOY ?= $(TOOLS)/bin/envoy
export PATH := $(TOOLS)/bin:$(PATH)
export CARGO_TARGET_DIR := $(CURDIR)/target

# `make demo SECONDS=20`: bash has a variable of that name, so only the command line counts and no recipe inherits it.
SECONDS_ARGUMENT := $(if $(findstring command line,$(origin SECONDS)),--seconds $(SECONDS))
unexport SECONDS

STEP := make/step.sh
# Always all packages, and of them the targets that are meant: with other packages a library's features are others, and it and all above
# it are compiled again (docs/decisions/0051-one-selection-of-packages.md). Tests that need more than cargo brings run by name alone.
ALL := --locked --workspace
BY_NAME := istio scenarios schema tidy
UI := collector/ui
UI_SOURCES := $(shell find $(UI) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
WASM := target/wasm32-wasip1/module/hogusu_filter_wasm.wasm

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## What a person runs

.PHONY: demo
demo: check-demo setup-demo build demo-binary ## A mesh of real Envoys, its map, a killed collector; SECONDS=20 ends by itself
	@exec target/release/demo $(SECONDS_ARGUMENT)

.PHONY: demo-istio
demo-istio: check-test setup-istio build ## The same on a real Istio, installed by the chart, in network namespaces; needs root
	@$(STEP) "target/release/demo-istio" cargo build $(ALL) --release --bin demo-istio --bin pod-app
	@exec target/release/demo-istio $(SECONDS_ARGUMENT)

.PHONY: build
build: check-build rust fetch ui wasm ## Release artefacts: target/release/hogusu and target/wasm/hogusu.wasm
	@$(STEP) "target/release/hogusu" cargo build $(ALL) --release --bin hogusu

.PHONY: image
image: check-build rust fetch ui wasm ## OCI images of filter and collector for amd64 and arm64, with SBOMs, without Docker: target/image
	@make/image.sh

.PHONY: image-trial
image-trial: check-build rust fetch ui wasm
	@make/image.sh trial

.PHONY: test
test: check-test tools fmt-check lint unit schema-test wasm-test ui-test ui-browser tidy demo-test scenarios ## Install what is needed, then run every check and test
	@printf 'every check and test passed\n' >&2

# Both wait for proxies much of their time; what they need is made before, for two at once would make it twice.
.PHONY: scenarios
scenarios: check-test setup-e2e setup-istio manifests-check build image-trial earlier
	@MAKE="$(MAKE)" make/at-once.sh e2e-run istio-run

.PHONY: test-istio
test-istio: check-test setup-istio manifests-check build image-trial earlier istio-run ## Scenarios on real Istio in network namespaces; needs root; FILTER=NAME runs some

.PHONY: istio-run
istio-run:
	@$(STEP) "scenarios on Istio" make/no-skips.sh cargo test $(ALL) --test istio -- --test-threads=4 $(FILTER)

.PHONY: bench
bench: check-bench setup-bench build ## Costs side by side, from one run; writes target/bench.json
	@$(STEP) "the bench's own binary" cargo build $(ALL) --release --bin bench
	@exec target/release/bench

.PHONY: manifests
manifests: check-go ## Render the chart in istio/ into istio/manifests, for people without Helm
	@make/manifests.sh

.PHONY: openapi
openapi: rust fetch ## Write docs/openapi.json and docs/policy.schema.json as the types describe themselves
	@$(STEP) "docs/openapi.json" env HOGUSU_BLESS=1 cargo test $(ALL) --test analysis openapi
	@$(STEP) "docs/policy.schema.json" env HOGUSU_BLESS=1 cargo test $(ALL) --test laws schema

## Parts of `make test`

.PHONY: fmt
fmt: rust ## Format the Rust sources
	@cargo fmt --all

.PHONY: fmt-check
fmt-check: rust ## Fail if a Rust source is not formatted
	@$(STEP) "format" cargo fmt --all --check

.PHONY: lint
lint: clippy rustdoc deny ui-check shellcheck ## Clippy, rustdoc, cargo deny, the UI's types, the scripts; warnings are errors

.PHONY: clippy
clippy: rust fetch ui ## Clippy for the host and for the proxy's target
	@$(STEP) "clippy" cargo clippy $(ALL) --all-targets $(BY_NAME:%=--test %) -- -D warnings
	@$(STEP) "clippy, wasm32-wasip1" cargo clippy --locked -p hogusu-filter-wasm --target wasm32-wasip1 -- -D warnings

.PHONY: rustdoc
rustdoc: rust fetch ui ## The pages that rustdoc makes of the sources: links that lead nowhere are errors
	@$(STEP) "rustdoc" env RUSTDOCFLAGS="-D warnings" cargo doc $(ALL) --no-deps

.PHONY: deny
deny: rust fetch ## Licences, bans and sources of every dependency
	@make/cargo-tool.sh cargo-deny $(CARGO_DENY) cargo-deny
	@$(STEP) "cargo deny" cargo deny --offline check --hide-inclusion-graph licenses bans sources

.PHONY: shellcheck
shellcheck: ## ShellCheck on the scripts
	@make/packages.sh shellcheck=shellcheck
	@$(STEP) "shellcheck" shellcheck -x make/*.sh .ci/run

.PHONY: unit
unit: rust fetch ui wasm ## Tests of the product crates, natively, and of the compiled module
	@$(STEP) "unit tests" make/no-skips.sh cargo test $(ALL)

.PHONY: schema-test
schema-test: check-test rust fetch ui setup-schema ## The running API against its own description, by Schemathesis
	@$(STEP) "API against its description" make/no-skips.sh cargo test $(ALL) --test schema

.PHONY: wasm-test
wasm-test: rust fetch ## The laws of model, config and filter, compiled to WebAssembly, on Node
	@make/cargo-tool.sh wasm-bindgen-cli locked wasm-bindgen-test-runner --no-default-features
	@$(STEP) "laws as WebAssembly" make/no-skips.sh cargo test --locked --target wasm32-unknown-unknown \
		-p hogusu-model -p hogusu-config -p hogusu-filter

.PHONY: ui-check
ui-check: $(UI)/node_modules/.installed ## Type check of the page
	@$(STEP) "UI types" npm --prefix $(UI) run check

.PHONY: ui-test
ui-test: $(UI)/node_modules/.installed ## Unit tests of the page
	@$(STEP) "UI unit tests" make/no-skips.sh npm --prefix $(UI) test

.PHONY: ui-browser
ui-browser: ui ## The page in a real browser on made-up meshes: places, numbers, access, bounds, and its size
	@make/packages.sh chromium=chromium
	@$(STEP) "UI in a browser" make/no-skips.sh npm --prefix $(UI) run browser

.PHONY: tidy
tidy: rust fetch ## The repository's own rules: layers, sizes, names, documents
	@$(STEP) "tidy" make/no-skips.sh cargo test $(ALL) --test tidy

.PHONY: e2e
e2e: setup-e2e build e2e-run ## Scenarios through real Envoys, a real collector and a real browser; FILTER=NAME runs some

.PHONY: e2e-run
e2e-run:
	@$(STEP) "end-to-end scenarios" make/no-skips.sh cargo test $(ALL) --test scenarios -- $(FILTER)

.PHONY: browser
browser: ## The page in a real browser: the scenarios that open one
	@$(MAKE) e2e FILTER=browser

.PHONY: demo-test
demo-test: setup-demo build demo-binary ## The demo for 20 seconds, as a test: what was sent is what was counted
	@$(STEP) "demo" target/release/demo --seconds 20

.PHONY: manifests-check
manifests-check: check-go ## Fail if istio/manifests is not what the chart renders; part of `make test-istio`, for it needs helm
	@$(STEP) "istio/manifests" make/manifests.sh check

## Parts of `make build`

.PHONY: ui
ui: $(UI)/dist/index.html ## The page, as the collector embeds it

$(UI)/dist/index.html: $(UI)/node_modules/.installed $(UI_SOURCES)
	@$(STEP) "UI" npm --prefix $(UI) run build
	@touch $@

$(UI)/node_modules/.installed: $(UI)/package.json $(UI)/package-lock.json
	@make/prerequisites.sh node
	@$(STEP) --retry "UI packages (npm)" npm --prefix $(UI) ci --no-audit --no-fund --ignore-scripts
	@touch $@

.PHONY: wasm
wasm: rust fetch ## The module that runs inside the proxy: target/wasm/hogusu.wasm
	@$(STEP) "target/wasm/hogusu.wasm" env CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$$(make/remap.sh)" \
		cargo build --locked --profile module -p hogusu-filter-wasm --target wasm32-wasip1
	@mkdir -p target/wasm && { cmp -s $(WASM) target/wasm/hogusu.wasm || cp $(WASM) target/wasm/hogusu.wasm; }

.PHONY: earlier
earlier: rust fetch ## Filter and collector of the version before: target/earlier
	@make/earlier.sh $(EARLIER)

.PHONY: demo-binary
demo-binary: rust fetch
	@$(STEP) "target/release/demo" cargo build $(ALL) --release --bin demo

.PHONY: fetch
fetch: rust
	@cargo fetch --locked --quiet --offline 2>/dev/null || $(STEP) --retry "crates" cargo fetch --locked --quiet

## What is installed, into .tools except Debian packages; a step that finds its work done says nothing

.PHONY: rust
rust:
	@make/rust.sh

.PHONY: setup-demo
setup-demo: ## Install what the demo needs: Envoy and Redis
	@make/envoy.sh
	@make/packages.sh redis-server=redis-server

.PHONY: tools
tools: check-test rust fetch setup-schema setup-e2e setup-bench ## Install everything that test and bench need
	@make/packages.sh shellcheck=shellcheck
	@make/cargo-tool.sh cargo-deny $(CARGO_DENY) cargo-deny
	@make/cargo-tool.sh wasm-bindgen-cli locked wasm-bindgen-test-runner --no-default-features

.PHONY: setup-schema
setup-schema: ## Install Schemathesis, which asks the API whether it answers as it says
	@make/schemathesis.sh

.PHONY: setup-e2e
setup-e2e: setup-demo $(UI)/node_modules/.installed ## Install what scenarios need: a browser, and the OpenTelemetry Collector as a peer
	@make/packages.sh chromium=chromium
	@make/otelcol.sh $(OTELCOL_BUILDER)

.PHONY: setup-istio
setup-istio: ## Build the programs of the Istio lab (six minutes on two cores, once), install what its namespaces need
	@make/envoy.sh
	@if make/namespaces.sh; then \
		make/packages.sh ip=iproute2 iptables=iptables unshare=util-linux setpriv=util-linux && make/istio.sh; fi

.PHONY: setup-bench
setup-bench: setup-demo ## Install what the bench measures with and against
	@make/packages.sh wrk=wrk h2load=nghttp2-client nginx=nginx-light chromium=chromium
	@make/otelcol.sh $(OTELCOL_BUILDER)

.PHONY: check-build check-demo check-test check-bench check-go
check-build:
	@make/prerequisites.sh rust node
check-demo:
	@make/prerequisites.sh rust node python packages
check-test:
	@make/prerequisites.sh rust node python-3.11 packages go
check-bench:
	@make/prerequisites.sh rust node python packages go
check-go:
	@make/prerequisites.sh go

.PHONY: clean
clean: ## Remove everything that was built or installed into this folder
	@rm -rf target .tools $(UI)/dist $(UI)/node_modules
