# The commands of the project. Everything runs from here; the project itself is never installed.
#
#   make run        open the window on the generated sample (first time: makes .venv)
#   make check      the fast loop: style, types, import contracts, fast tests
#   make test       all that CI needs: checks, frozen program, every test but the slow ones
#   make test-slow  the rest of the tests
#   make train-env  .venv-train, for training and export
#   make build      the frozen program in dist/lumbar
#   make build-gpu  the edition that also runs on NVIDIA cards, in dist/gpu/lumbar
#   make dist       the same, tried under hard conditions; archive, package, SBOM and checksums in dist/release
#   make bench      the budgets, measured
#   make clean      remove what was built; environments stay

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := run
.PHONY: run check lint test test-slow train-env build build-gpu dist bench clean display-tools

export ORT_DISABLE_TELEMETRY := 1

PY := .venv/bin/python
PY_TRAIN := .venv-train/bin/python
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
WORKERS ?= 2

# The first Python from 3.11 on that has Tk, else the first from 3.11 on.
PYTHON ?= $(shell for wish in 'import sys, tkinter' 'import sys'; do \
	for python in python3.11 python3.12 python3.13 python3.14 python3 python; do \
		$$python -c "$$wish; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1 && { echo $$python; exit; }; \
	done; done)

# --- environments ---------------------------------------------------------------------------------------------

.venv/runtime.stamp: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found."; exit 1; }
	@test -x $(PY) || { echo "Creating .venv with $(PYTHON)"; $(PYTHON) -m venv .venv; }
	@$(PY) $(PIP_INSTALL) -r requirements.txt
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements-dev.txt
	@$(PY) $(PIP_INSTALL) -r requirements.txt -r requirements-dev.txt
	@touch $@

.venv-train/stamp: requirements.txt requirements-dev.txt requirements-train.txt requirements-cluster.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found."; exit 1; }
	@test -x $(PY_TRAIN) || { echo "Creating .venv-train with $(PYTHON)"; $(PYTHON) -m venv .venv-train; }
	@$(PY_TRAIN) $(PIP_INSTALL) -r requirements.txt -r requirements-dev.txt -r requirements-train.txt -r requirements-cluster.txt
	@touch $@

train-env: .venv-train/stamp

# --- use ------------------------------------------------------------------------------------------------------

run: .venv/runtime.stamp
	@if ! $(PY) -c "import tkinter" 2>/dev/null; then \
		echo "This Python has no Tk, so there is no window: install it with 'apt-get install python3-tk' (Debian, Ubuntu), 'dnf install python3-tkinter' (Fedora) or 'brew install python-tk' (macOS), remove .venv and run again."; \
	elif $(PY) -c "import tkinter; tkinter.Tk().destroy()" 2>/dev/null; then \
		exec $(PY) -m lumbar_gui lumbar_core/sample; \
	else \
		echo "There is no display here, so there is no window."; \
	fi; \
	echo "Grading the generated sample on the command line instead:"; \
	$(PY) -m lumbar_core grade lumbar_core/sample

# --- checks ---------------------------------------------------------------------------------------------------

lint: .venv/dev.stamp
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet . || { echo "Some files are not formatted: run '$(PY) -m ruff format .'"; exit 1; }
	@$(PY) -m mypy
	@.venv/bin/lint-imports

check: lint
	@$(PY) -m pytest -q -n $(WORKERS) -m "not (slow or real_data or gui or robustness or frozen or torch or phantom)"

display-tools:
	@missing=; for tool in Xvfb strace xwininfo xdotool dciodvfy dsrdump; do command -v $$tool >/dev/null 2>&1 || missing=1; done; \
	if [ -n "$$missing" ] && [ "$$(uname -s)" = Linux ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			echo "Installing Xvfb, strace, dcmtk and dicom3tools for the tests"; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq xvfb strace x11-utils xdotool; } >/dev/null 2>&1 \
				|| echo "Xvfb or strace could not be installed: window and offline tests will be skipped."; \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq dcmtk dicom3tools >/dev/null 2>&1 \
				|| echo "dcmtk or dicom3tools could not be installed: DICOM objects are checked by pydicom alone."; \
		else \
			echo "Xvfb or strace is missing and cannot be installed here: window and offline tests may be skipped."; \
		fi; \
	fi

WITH_DASK := tests/core/test_batch_cluster.py # Dask lies in .venv-train only

# The tests come last, so that the output ends with their summary.
test: display-tools .venv/dev.stamp .venv-train/stamp
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory build
	@dist/lumbar/lumbar --self-test
	@$(PY_TRAIN) -m pytest -q -m "not slow" --ignore=tests/training/phantom tests/training tests/export $(WITH_DASK)
	@$(PY) -m pytest -q -n $(WORKERS) -m "not slow and not torch"

test-slow: display-tools .venv/dev.stamp .venv-train/stamp
	@$(PY_TRAIN) -m pytest -q -m slow tests/training tests/export $(WITH_DASK) || test $$? = 5
	@$(PY) -m pytest -q -m "slow and not torch" || test $$? = 5

# --- the frozen program ---------------------------------------------------------------------------------------

SHIPPED := $(shell find lumbar_core lumbar_gui -type f -not -name '*.pyc' -not -path '*/__pycache__/*' | tr ' ' '?')

build: dist/lumbar/.stamp

PACKING := build.spec $(wildcard freeze/*)

dist/lumbar/.stamp: $(SHIPPED) $(PACKING) requirements.txt requirements-dev.txt | .venv/dev.stamp
	@echo "Building dist/lumbar"
	@$(PY) -m freeze build dist
	@touch $@

.venv-gpu/stamp: requirements.txt requirements-dev.txt requirements-gpu.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found."; exit 1; }
	@test -x .venv-gpu/bin/python || { echo "Creating .venv-gpu with $(PYTHON)"; $(PYTHON) -m venv .venv-gpu; }
	@.venv-gpu/bin/python $(PIP_INSTALL) -r requirements.txt -r requirements-dev.txt
	@.venv-gpu/bin/python -m pip uninstall --quiet --yes onnxruntime
	@.venv-gpu/bin/python $(PIP_INSTALL) -r requirements-gpu.txt
	@touch $@

build-gpu: .venv-gpu/stamp
	@echo "Building dist/gpu/lumbar"
	@.venv-gpu/bin/python -m freeze build dist/gpu

dist: build
	@$(PY) -m freeze release dist/lumbar

bench: .venv/dev.stamp .venv-train/stamp
	@$(PY) -m benchmarks analysis batch window dragging frozen_program
	@$(PY_TRAIN) -m benchmarks inference

clean:
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
