# Sampan: what a person types. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

HOST ?= 127.0.0.1
PORT ?= 9800
DATA ?= data
SAMPLE ?=
BENCH ?=
TESTS ?=

# A checkout's own interpreter, made by scripts/setup.sh.
PYTHON := .venv/bin/python

.PHONY: help setup run build test lint bench clean

help: ## List the targets
	@printf 'Sampan. Usage: make TARGET [VARIABLE=value]\n\n'
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 12
	@printf '\n  Variables: HOST PORT DATA SAMPLE=retail (run), TESTS="swift node e2e" (test), BENCH="--quick --only read" (bench)\n'

run: build ## Install what is missing, build and start the server (SAMPLE=retail deploys the sample shop)
	@exec .build/release/sampan serve --data '$(DATA)' --host '$(HOST)' --port '$(PORT)' $(if $(SAMPLE),--sample '$(SAMPLE)')

build: ## Install what is missing and build the release program
	@scripts/setup.sh run
	@swift build -c release

test: ## Install what is missing and run every test (TESTS="swift node e2e" chooses)
	@scripts/setup.sh run test
	@$(PYTHON) scripts/test.py $(TESTS)

lint: ## Check format, style and links
	@scripts/setup.sh run test
	@PYTHON=$(PYTHON) scripts/lint.sh

bench: ## Measure Sampan beside its peers and write docs/performance.md
	@scripts/setup.sh run bench
	@swift build -c release
	@$(PYTHON) Benchmarks/run.py $(BENCH)

clean: ## Remove what was built; data and downloads stay
	@rm -rf .build bench-out .pytest_cache .ruff_cache
