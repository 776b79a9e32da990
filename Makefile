# `make demo` and `make test` each set up all they need (Python 3.11 or 3.12 and make are enough).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test bench bench-deid lint install clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   run the pipeline on the two shipped studies and show a first query"
	@echo "make test   run all tests"
	@echo "make bench  measure speed and quality, as ratios taken in one run"
	@echo "make bench-deid  de-identification beside other tools, in an environment of their own"
	@echo "make lint   ruff and mypy"

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV): language models and libraries, about 2 GB once."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: install
	@$(BIN)/python examples/demo.py

test: install
	@echo "Running the tests (real DuckDB, Prefect and models; some minutes)."
	@$(BIN)/python -m pytest

bench: install
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench_fairness
	@$(BIN)/python -m tests.bench_queries

.venv-peers/installed: tests/bench_deid_requirements.txt
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench-deid: install .venv-peers/installed
	@$(BIN)/python -m tests.bench_deid

lint: install
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

clean:
	rm -rf $(VENV) demo bench
