# Everything lives in .venv at the root of the checkout; `make help` lists the targets.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
HOSTS ?= 6
# On every processor; a worker that has nothing left takes tests of one that has.
UNIT = $(BIN)/pytest -q -n auto --dist worksteal --durations=15 -m 'not lab'
LINTS = lint-ansible lint-python lint-policies
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help demo test check unit $(LINTS) docs lab-up lab-reset lab-down bench bench-backup samples install install-dev clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

$(VENV)/.runtime: requirements/bootstrap.lock requirements/runtime.lock pyproject.toml
	@sh requirements/install.sh $(PYTHON) runtime
	@touch $@

$(VENV)/.dev: requirements/bootstrap.lock requirements/dev.lock pyproject.toml
	@sh requirements/install.sh $(PYTHON) dev
	@touch $@ $(VENV)/.runtime

install: $(VENV)/.runtime ## install what a control node needs into .venv

install-dev: $(VENV)/.dev ## install what developers need too

demo: $(VENV)/.runtime ## check this machine itself and write an HTML report
	@sh requirements/demo.sh $(BIN)

check: $(VENV)/.dev ## ruff, mypy, ansible-lint, yamllint and the unit tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target $(LINTS)
	$(UNIT)

lint-python: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy

lint-ansible: $(VENV)/.dev
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/ansible-lint --offline --profile production --strict

lint-policies: $(VENV)/.dev
	$(BIN)/yamllint --strict .
	$(BIN)/opsrunner rules check

unit: $(VENV)/.dev ## the unit tests alone
	$(UNIT)

test: check ## everything: make check, then the tests on booted lab hosts
	@sh tests/lab/run.sh $(BIN)

lab-up: $(VENV)/.dev ## boot lab hosts (HOSTS=6) and write inventories/lab/hosts.yml
	$(BIN)/python tests/lab/lab.py up --hosts $(HOSTS)

lab-reset: ## bring every lab host, or HOST=name, back to pristine
	$(BIN)/python tests/lab/lab.py reset $(if $(HOST),--host $(HOST))

lab-down: ## stop the lab and leave nothing behind
	$(BIN)/python tests/lab/lab.py down

bench: $(VENV)/.dev ## measure speed and memory; table printed, reports/bench/latest.json written
	$(BIN)/python -m tests.bench

bench-backup: $(VENV)/.dev ## backup and proof of 2 GB of files and a 1 GB database against the raw tools
	$(BIN)/python -m tests.bench throughput

samples: $(VENV)/.dev ## write reports/samples anew and accept what changed
	$(BIN)/python -m tests.reports.regenerate

docs: $(VENV)/.dev ## write schemas, rule reference, role READMEs and the paper template anew
	$(BIN)/python -m opsrunner.policy.schema
	$(BIN)/python -m opsrunner.policy.reference
	$(BIN)/python -m tests.roles.harden_spec
	$(BIN)/python -m tests.roles.readme
	$(BIN)/python -m opsrunner.report.papers.docx_zip

clean: ## remove what the targets above made in the checkout
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
