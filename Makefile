# Everything a clone needs. `make` alone lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := build/demo
PEERS  := build/peers
SCALE  ?= 60
APT    := libusb-1.0-0 libgl1 libgomp1 libegl1

.DEFAULT_GOAL := help
.PHONY: help setup system system-test viewer demo test lint bench clean

help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: system $(VENV)/.ready viewer   ## virtual environment, dependencies, system libraries, viewer

# Debian only, and only where this user may install; elsewhere the libraries are the user's own.
define apt_install
	@if command -v apt-get >/dev/null; then \
	  missing=""; for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	  if [ -n "$$missing" ]; then \
	    if [ "$$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo"; else \
	      echo "These Debian packages are missing and this user may not install them:$$missing"; exit 0; fi; \
	    $$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	  fi; fi
endef

system:
	$(call apt_install,$(APT))

system-test: system
	$(call apt_install,chromium)
	@if [ "$$(uname)" = Darwin ] && command -v brew >/dev/null && [ ! -d /Applications/Chromium.app ] \
	  && [ ! -d "/Applications/Google Chrome.app" ]; then brew install --quiet --cask chromium; fi

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	# It asks for Python 3.12 and runs on 3.11.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python 'egm96>=0.2'
	touch $@

viewer: cimkit/server/viewer/dist/index.html   ## the CesiumJS page (needs Node 20)

cimkit/server/viewer/dist/index.html: $(wildcard cimkit/server/viewer/package*.json cimkit/server/viewer/src/*)
	@if command -v npm >/dev/null; then \
	  cd cimkit/server/viewer && npm ci --no-audit --no-fund --silent && npm run --silent build; \
	else echo "npm is missing: exports will have tiles and no page. Install Node 20 and run 'make viewer'."; fi

demo: setup      ## generate a district, ingest, check, query and tile it (SCALE=buildings)
	rm -rf $(DEMO)
	$(BIN)/python examples/main_job.py $(DEMO) --buildings $(SCALE)

tests/npm/node_modules/.ready: tests/npm/package-lock.json
	cd tests/npm && npm ci --no-audit --no-fund --silent
	touch $@

test: setup system-test tests/npm/node_modules/.ready lint   ## everything that is tested, with browser and validators
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

lint: $(VENV)/.ready   ## ruff and mypy --strict
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy --no-error-summary

# Peers pin old versions of what cimkit uses: they have an environment of their own.
$(PEERS)/.ready: tests/benchmarks/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

bench: setup $(PEERS)/.ready   ## figures, as ratios against a peer or a floor in the same run
	for f in tests/benchmarks/bench_*.py; do $(BIN)/python $$f || exit 1; done

clean:           ## remove what make made
	rm -rf $(VENV) build dist cimkit/server/viewer/dist cimkit/server/viewer/node_modules tests/npm/node_modules
