# Each target works alone on a fresh machine: it makes its own virtual environment and installs what it needs.
# Python 3.11 to 3.13 is required, and nothing else: a Node that serves is taken from PATH or from PyPI (tests/node.py).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WITH_NODE := $(BIN)/python -m tests.node
NODE_PACKAGES := node_modules/.installed $(patsubst %,tests/projects/%/node_modules/.installed,hardhat2 hardhat3)
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint contracts circuits docs bench bench-provers bench-evm soak full pythons check-arm64 clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo 'installing this package and what it needs; the first time this takes minutes'
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.developing: pyproject.toml $(VENV)/.installed
	@echo 'installing what tests, linters and documentation need; the first time this takes minutes'
	$(BIN)/pip install --quiet --group test --group lint --group docs
	touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.developing
	$(WITH_NODE) npm ci
	touch $@

tests/projects/%/node_modules/.installed: tests/projects/%/package-lock.json | $(VENV)/.developing
	$(WITH_NODE) npm --prefix $(dir $(<)) ci
	touch $@

demo: $(VENV)/.installed ## Lock, mint, prove, burn, prove, unlock: the whole story (Python only)
	$(BIN)/zkrollup demo

test: $(VENV)/.developing $(NODE_PACKAGES) ## Run the tests
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

lint: $(VENV)/.developing node_modules/.installed ## Run linters, type checker and layer checks; rebuild the contracts and compare
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(WITH_NODE) node contracts/build.mjs
	git diff --exit-code contracts/artifacts

contracts: node_modules/.installed ## Compile the contracts into contracts/artifacts
	$(WITH_NODE) node contracts/build.mjs

circuits: $(VENV)/.installed ## Describe the circuits that ship, and write their digests into the package
	$(BIN)/python -m zkrollup.circuits.shipped

docs: $(VENV)/.developing ## Build the documentation into docs/_build
	$(BIN)/sphinx-build --fail-on-warning --quiet docs docs/_build

bench: $(VENV)/.developing ## Measure proofs, setup and witness; prints medians
	$(BIN)/python benchmarks/proofs.py

bench-provers: $(VENV)/.developing node_modules/.installed ## Compare provers on one circuit, and measure how ours scales
	$(BIN)/pip install --quiet --group bench
	$(BIN)/python -m benchmarks.provers

bench-evm: $(VENV)/.developing node_modules/.installed ## Compare our chain with eth-tester and anvil
	$(BIN)/python -m benchmarks.evm

soak: $(VENV)/.developing ## Kill an operator 200 times at random points, and compare the end with a calm run
	$(BIN)/python -m tests.soak.soak

check-arm64: $(VENV)/.installed ## Prove, and test ledger, chain and kernels, as emulated arm64 Linux (an hour; later runs less)
	$(BIN)/python -m tests.arm64.check

full: $(VENV)/.developing $(NODE_PACKAGES) ## Run all tests, the long ones in full, and check-arm64
	ZK_FULL=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)
	$(MAKE) check-arm64

pythons: $(VENV)/.developing ## Run first test, demo and kernels' tests from a wheel, on each other Python that is found
	$(BIN)/python -m tests.pythons.pythons

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(VENV)-* .arm64 node_modules tests/projects/*/node_modules docs/_build
