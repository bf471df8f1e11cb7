# `make demo` and `make test` do all the set-up by themselves: Python 3.11 and make are enough.
PYTHON ?= python3.11
BIN := .venv/bin
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo up test chaos rolling lint format coverage lock clean

help:  ## Show what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: .venv/runtime  ## Play the whole conversation, then keep serving
	@$(BIN)/im demo $(ARGS)

up: .venv/up  ## The production picture on this machine: PostgreSQL, Redis, instances, workers
	@$(BIN)/im up $(ARGS)

# Without compiled files every start, and every pytest worker, compiles all modules again.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/dev lint  ## Linters, types, import contracts, and the whole test suite
	$(BIN)/coverage erase
	$(BIN)/pytest -n 3 --dist worksteal --cov --cov-report= $(PYTEST_ARGS)
	$(BIN)/coverage report

# CHAOS_ROUNDS, CHAOS_SECONDS, CHAOS_SEED, CHAOS_SCENARIO, CHAOS_EXAMPLES: see docs/guarantees.md
chaos: .venv/dev  ## Faults of every kind for minutes, then every promise checked
	@$(BIN)/python -W "ignore:XDG_RUNTIME_DIR is not set" -m tests.guarantees.chaos $(ARGS)
	@test -n "$(ARGS)$(CHAOS_SCENARIO)" || CHAOS_EXAMPLES=$${CHAOS_EXAMPLES:-200} \
		$(BIN)/pytest -q -o timeout=3600 tests/guarantees/test_state_machine.py

# ROLLING_ROUNDS, ROLLING_PEOPLE, ROLLING_WORKERS: see docs/deploy.md. Needs nginx.
rolling: .venv/dev  ## Instances restarted one after the other, under load, behind nginx
	@$(BIN)/python -W "ignore:XDG_RUNTIME_DIR is not set" -m tests.guarantees.rolling

lint: .venv/dev  ## Linters, types and import contracts only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/dev  ## Bring the code into form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/dev  ## Renew requirements*.txt, the lock, from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-header --quiet --upgrade -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-header --quiet --upgrade -o requirements-dev.txt
	$(BIN)/uv pip compile pyproject.toml --extra up --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-header --quiet --upgrade -o requirements-up.txt

clean:  ## Remove the environment and caches; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage* *.egg-info

.venv/runtime: requirements.txt pyproject.toml
	$(call environment,requirements.txt)
	@touch $@

.venv/up: requirements-up.txt pyproject.toml
	$(call environment,requirements-up.txt)
	@touch .venv/runtime $@

.venv/dev: requirements-dev.txt pyproject.toml
	$(call environment,requirements-dev.txt)
	@touch .venv/runtime .venv/up $@

define environment
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the PATH: install Python 3.11, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "$(PYTHON) is not Python 3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing $(1) into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef
