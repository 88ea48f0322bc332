# Two commands do everything: `make run` and `make test`. Both set up .venv from the
# pinned versions of requirements.lock when it is missing or the lock changed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

export MLFLOW_DISABLE_TELEMETRY = true
export MPLBACKEND = Agg

.PHONY: setup run test check lint types layers format lock clean help

help: ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: $(READY) ## make .venv from the pinned versions

run: $(READY) ## set up, make the embedded sample, train on it, score, submit, denoise
	$(BIN)/kedro run

test: check ## set up and pass every check: lint, types, layers, tests
	$(BIN)/pytest --numprocesses=auto --maxprocesses=8 --dist=loadfile \
		--cov --cov-report=term:skip-covered --cov-fail-under=90

check: lint types layers ## the checks that take seconds

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

format: $(READY) ## rewrite the sources in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# torch first and pinned: resolved with the rest it may pull gigabytes of CUDA
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check "$$(grep '^torch==' requirements.lock)"
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

lock: ## write requirements.lock from a fresh resolution of pyproject.toml
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0 setuptools
	$(BIN)/pip install --quiet --editable '.[dev]'
	$(BIN)/python -m pip check
	{ echo 'torch==2.13.0'; $(BIN)/pip freeze --exclude-editable | grep -v '^torch=='; echo "setuptools==$$($(BIN)/python -c 'import setuptools; print(setuptools.__version__)')"; } > requirements.lock

clean: ## remove what runs made, raw data excepted
	rm -rf data/02_intermediate data/03_primary data/06_models data/07_model_output data/08_reporting
