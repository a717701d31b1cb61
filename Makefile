# Everything from a fresh machine with Python >= 3.10 and make: `make run` or `make test`, either one first.
# Both set up .venv with the versions in binder/constraints.txt; when nothing has changed they start at once.

PYTHON ?= python3
TORCH ?= torch
RUN_ARGS ?=
TEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint binder/constraints.txt

.PHONY: help run lab test bench clean

help:
	@echo "make run     set up and serve the dashboard      (RUN_ARGS='--port 9000 --no-browser')"
	@echo "make lab     set up and open the lessons in JupyterLab"
	@echo "make test    set up and run all tests            (TEST_ARGS='-k bounds'; browser tests need Chromium)"
	@echo "make bench   set up and measure the training speed"
	@echo "make clean   remove the virtual environment"
	@echo ""
	@echo "PYTHON=python3.12 chooses the Python for a new environment, TORCH='torch --index-url URL' another build of PyTorch."

run: $(VENV)/.installed
	$(BIN)/mi-explorer serve $(RUN_ARGS)

lab: $(VENV)/.installed
	$(BIN)/mi-explorer lab

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(TEST_ARGS)

bench: $(VENV)/.installed
	$(BIN)/mi-explorer bench

clean:
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "MI Explorer needs Python 3.10 or newer; name one with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# PyTorch goes first and alone, so that its build can be chosen.
$(VENV)/.installed: pyproject.toml binder/constraints.txt | $(BIN)/python
	$(INSTALL) $(TORCH)
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(INSTALL) --editable '.[test]'
	@touch $@
