# One command for everything: `make demo` shows the main job, `make test` runs every check.
# Needed: Python 3.11 or newer with venv, pip, make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: install demo test bench soak format clean

# The environment is made anew when what it is made of changes.
$(VENV)/.made: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "watchlist needs Python 3.11 or newer: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: $(VENV)/.made

demo: install
	rm -rf .demo
	$(BIN)/watchlist demo .demo

test: install
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/coverage erase
	# Hundreds of processes are started; where Python keeps no bytecode, each would compile it anew.
	$(BIN)/python -m compileall -q watch
	# One process more than there are cores: many tests wait for what takes its time.
	$(BIN)/coverage run -m pytest --dist worksteal \
		--numprocesses $$($(BIN)/python -c 'import os; print(1 + os.cpu_count())')
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage report --include='watch/core/*,watch/store/*,watch/pipeline/*' --fail-under=100

bench: install
	$(BIN)/python -m tests.bench

# Kills, hostile feeds, a backlog, an hour under load;
# `python -m tests.reliability.soak --help` tells of less.
soak: install
	$(BIN)/python -m tests.reliability.soak

format: install
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:
	rm -rf $(VENV) .demo dist .coverage* .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
