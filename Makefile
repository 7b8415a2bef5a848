# Tresor. `make run` and `make test` work from a fresh clone; `make help` lists the rest.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
BIN := .venv/bin
WORKERS ?= 2

export TRESOR_BASE_URL ?= http://127.0.0.1:$(PORT)

.DEFAULT_GOAL := help
.SILENT:
.PHONY: help run dev test lint bench soak screenshots translations services

help: ## this list
	grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

# ── set-up: each step once, and again when what it reads has changed ──

.venv/.run: requirements.lock
	echo "installing Python packages"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -e .venv/.test || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	touch $@

.venv/.test: requirements-dev.lock requirements.lock
	echo "installing Python packages for tests"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	touch $@ .venv/.run

.node/.done: requirements-node.lock
	echo "installing node, for browser assets"
	test -x .node/bin/python || $(PYTHON) -m venv .node
	.node/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	touch $@

# with the development packages Azurite and axe come too
node_modules/.test: package-lock.json .npmrc .node/.done
	echo "installing browser assets and Azurite"
	PATH="$(CURDIR)/.node/bin:$$PATH" npm ci --silent
	touch $@ node_modules/.run

node_modules/.run: package-lock.json .npmrc .node/.done
	echo "installing browser assets"
	test -e node_modules/.test || PATH="$(CURDIR)/.node/bin:$$PATH" npm ci --silent --omit=dev
	touch $@

static/vendor/manifest.json: node_modules/.run tools/vendor_assets.py tools/trimming.py | .venv/.run
	$(BIN)/python -m tools.vendor_assets

CATALOGUES := $(patsubst %.po,%.mo,$(wildcard app/translations/*/LC_MESSAGES/messages.po))

%.mo: %.po | .venv/.run
	$(BIN)/pybabel -q compile -i $< -o $@

ready := .venv/.run static/vendor/manifest.json $(CATALOGUES)

services: # PostgreSQL, Redis, Chromium: installed where they are missing and we are root
	$(PYTHON) tools/install_services.py

# ── what people call ──

run: $(ready) ## serve on http://127.0.0.1:8000 (PORT=…)
	exec $(BIN)/python -m app.cli serve --host $(HOST) --port $(PORT) --workers $(WORKERS)

dev: .venv/.test $(ready) ## serve, and start anew when a file changes
	exec $(BIN)/python -m app.cli serve --host $(HOST) --port $(PORT) --workers 1 --reload

test: .venv/.test $(ready) node_modules/.test services lint ## everything that CI runs
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

lint: .venv/.test $(ready) ## ruff, mypy, import contracts, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .

bench: .venv/.test $(ready) ## ratios to a bare Flask app (minutes; needs wrk and Chromium)
	$(BIN)/python -m bench
	$(BIN)/python -m bench.signing_in
	$(BIN)/python -m bench.asking
	$(BIN)/python -m bench.browser

soak: .venv/.test $(ready) ## the state machines, for long
	TRESOR_SOAK=1 $(BIN)/python -m pytest -n 2 tests/vault/test_state_machine.py tests/users/test_state_machine.py $(ARGS)

screenshots: .venv/.test $(ready) node_modules/.test services ## the main screens, for README and docs
	$(BIN)/python -m tools.screenshots $(ARGS)

translations: .venv/.test ## collect texts and update the catalogues
	$(BIN)/pybabel -q extract -F app/translations/babel.cfg -k _l -o .venv/messages.pot --no-location --sort-output --project Tresor .
	$(BIN)/pybabel -q update -i .venv/messages.pot -d app/translations -w 110 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
