# `make` alone lists what there is. Settings come from the environment; README.md has their table.
VENV := $(or $(ASSAY_VENV),.venv)
PYTHON_HERE := $(VENV)/bin/python
RUN_TESTS := $(PYTHON_HERE) -m pytest

.DEFAULT_GOAL := help
.PHONY: help run test check format messages environment test-environment

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: environment ## install and start everything on this machine, with the demo mesh
	@ASSAY_TETHERED=1 exec $(PYTHON_HERE) manage.py start

test: test-environment ## install the test tools and run every test that finds its servers
	@.ci/tests $(PYTHON_HERE)

check: test-environment ## static checks, architecture tests and fast tests, in two minutes
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/lint-imports
	$(PYTHON_HERE) manage.py check --fail-level WARNING
	$(PYTHON_HERE) manage.py makemigrations --check --dry-run
	$(VENV)/bin/mypy
	$(VENV)/bin/djlint templates --quiet --check
	$(VENV)/bin/djlint templates --quiet --lint
	$(RUN_TESTS) -q -n 2 -m "architecture or fast"

format: test-environment ## put the code in its standard form
	$(VENV)/bin/ruff check --fix --select I
	$(VENV)/bin/ruff format
	$(VENV)/bin/djlint templates --quiet --reformat

messages: test-environment ## collect the texts of pages and code for translators
	$(VENV)/bin/pybabel extract --quiet -F locale/babel.cfg -k gettext_lazy -k ngettext_lazy:1,2 -o locale/messages.pot .

environment:
	@.ci/environment run

test-environment:
	@.ci/environment tests
