# Every command a user or developer needs. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo
ENGINE ?= auto
# Test processes of the embedded engine, which uses both cores itself; a third gained nothing.
WORKERS ?= 2
# pycountry (LGPL) is imported, never copied or changed.
LICENCES := Apache;MIT;BSD;PSF;Python Software Foundation;MPL;Mozilla Public License;OFL;LGPL-2.1-only;ISC
# databricks-bundles has a licence of its own and only checks the bundle in the tests; the other is this package.
UNNAMED := databricks-bundles customer360-cohorts

.DEFAULT_GOAL := help
.PHONY: help demo test test-embedded test-spark test-spark-all test-journeys test-faults test-cluster test-cluster-all soak bench docs audit check format wheel clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.run ## Make the demo lake, run the analyses, say where the reports lie
	@$(BIN)/customer360 demo --folder $(DEMO) --engine $(ENGINE)

test: check test-embedded test-spark ## Lint, types, tests; CI also runs test-journeys, test-faults and test-cluster

test-embedded: $(VENV)/.dev ## All tests, engine work on the embedded engine
	$(BIN)/python -m pytest --engine embedded -n $(WORKERS) --dist loadfile

test-spark: $(VENV)/.dev ## Transforms, oracle, Hadoop's sink on Apache Spark; one analysis per generated lake
	$(BIN)/python -m pytest --engine spark --sample -n 2 --dist loadfile tests/transforms tests/oracle tests/jobs/test_sinks.py

test-spark-all: $(VENV)/.dev ## The same with all analyses of the generated lakes, which take minutes more
	$(BIN)/python -m pytest --engine spark -n 2 --dist loadfile tests/transforms tests/oracle

test-journeys: $(VENV)/.dev ## README, guide and notebooks followed to the letter; the page in headless Chromium
	$(BIN)/python -m pytest --engine embedded tests/journeys

test-faults: $(VENV)/.dev ## Runs as processes that are killed, stopped and set against each other
	$(BIN)/python -m pytest --engine embedded tests/faults

test-cluster: $(VENV)/.dev ## A standalone cluster and a Spark Connect server of this machine's processes
	$(BIN)/python -m pytest tests/cluster

test-cluster-all: $(VENV)/.dev ## The same with all shipped analyses, which takes minutes more
	$(BIN)/python -m pytest tests/cluster --analyses all

check: $(VENV)/.dev ## Lint, formatting, types and licences; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict jobs transforms
	@$(BIN)/pip-licenses --from=mixed --partial-match --allow-only="$(LICENCES)" --ignore-packages $(UNNAMED) > /dev/null && echo "licences of all packages are allowed"

audit: $(VENV)/.dev ## Known vulnerabilities of the installed packages; asks the registry
	$(BIN)/pip-audit --skip-editable

format: $(VENV)/.dev ## Format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: $(VENV)/.dev ## Hours: kills at random moments, seeded bugs, calibration; writes docs/soak.md
	$(BIN)/python -m tests.soak.mutants
	$(BIN)/python -m tests.soak.kills --engine embedded --kills 200
	$(BIN)/python -m tests.soak.kills --engine spark --each 1
	$(BIN)/python -m tests.soak.kills --engine spark --connect --each 5
	$(BIN)/python -m tests.soak.calibration

bench: $(VENV)/.dev ## Hours: the product against what a user would pick instead; writes benchmarks/measured.json
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python benchmarks/engines.py --customers 34200 342000 3420000 --runs 5
	$(BIN)/python benchmarks/skew.py --engine embedded
	$(BIN)/python benchmarks/skew.py --engine spark

docs: $(VENV)/.dev ## Write the reference pages of docs/ from the code
	$(BIN)/python -m jobs.reference docs

wheel: $(VENV)/.dev ## Build the wheel into dist/
	$(BIN)/python -m build --wheel

clean: ## Remove what these commands made
	rm -rf $(VENV) $(DEMO) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "customer360 needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | tail -n 1). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 2; }
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml
	@echo "installing into $(VENV) (once, a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --editable '.[spark,embedded]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run pyproject.toml
	@$(BIN)/python -m pip install --quiet --editable '.[spark,embedded,dev]'
	@touch $@
