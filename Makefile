# The words of this repository; `make` alone lists them. ARGS are handed on: make test ARGS="tests/engine -k park".

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What Python has compiled is kept, whatever the environment says: the tests start many processes.
unexport PYTHONDONTWRITEBYTECODE
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test fuzz chaos check bench docs dist lock clean

help: ## list these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## a demo contact centre: the desk and the customers' phones in a browser
	$(VENV)/bin/cordboard demo $(ARGS)

# Four at a time on two cores: most tests wait more than they compute.
test: $(READY) ## every test; those that need a browser are skipped where there is no Chromium
	$(PYTHON) -m pytest --numprocesses 4 --dist worksteal $(ARGS)

fuzz: $(READY) ## try every transport with 100,000 spoilt webhooks; `make test` tries some thousand
	$(PYTHON) -m tests.fuzz $(ARGS)

chaos: $(READY) ## drive 10,000 texts and replies through failing carriers and a dying daemon; `make test` some hundred
	$(PYTHON) -m tests.chaos $(ARGS)

check: $(READY) ## lint, formatting, types, the architecture, spelling
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/codespell

bench: $(READY) ## measure the board, the durable path, receiving and the webhook door, each beside something to compare it with
	$(PYTHON) -m benchmarks $(ARGS)

docs: $(READY) ## remake the parts of the documentation that are made from the code
	$(PYTHON) docs/remake.py

dist: $(READY) ## build the sdist and, from it, the wheel; check both
	rm -rf dist
	$(PYTHON) -m build
	$(PYTHON) -m twine check --strict dist/*
	$(VENV)/bin/check-wheel-contents dist/*.whl

lock: | $(PYTHON) ## pin today's versions of everything in constraints.txt
	$(PYTHON) -m pip install --quiet --upgrade uv
	$(PYTHON) -m uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--strip-extras --no-emit-index-url --no-emit-find-links --no-config --upgrade \
		--custom-compile-command "make lock" --quiet --output-file constraints.txt

clean: ## remove what tools made here, the environment too
	rm -rf $(VENV) build dist .coverage .coverage.* htmlcov .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made once, and brought up to date when what it is made from has changed.

$(READY): pyproject.toml constraints.txt | $(PYTHON)
	@echo "installing Cordboard and the development tools into $(VENV): once, for one to three minutes"
	@$(PYTHON) -m pip install --quiet --upgrade "pip>=25.1"
	@$(PYTHON) -m pip install --progress-bar off --constraint constraints.txt --editable ".[all]" --group dev
	@touch $@

$(PYTHON):
	@for each in python3.11 python3.12 python3.13 python3; do \
		if $$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "making $(VENV) with $$($$each --version)"; \
			exec $$each -m venv $(VENV); \
		fi; \
	done; \
	echo "make: there is no Python 3.11 or newer, with its venv module, on the PATH." >&2; \
	echo "      Install one (on Debian: apt-get install python3 python3-venv) and try again." >&2; \
	exit 1
