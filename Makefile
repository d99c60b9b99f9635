# The README's two commands, and the checks. Each makes the environment it needs in .venv, once.

PYTHON ?= python3
INSTALLED := .venv/.installed

.PHONY: demo test check

demo: $(INSTALLED)
	@.venv/bin/python -m outreach_mcp demo

test: $(INSTALLED)
	@.venv/bin/python -m pytest --numprocesses auto --dist loadfile

check: $(INSTALLED)
	@scripts/check

# pip is upgraded first: --group came with pip 25.1, and Python 3.11 and 3.12 bring an older one.
$(INSTALLED): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there: install Python 3.11 or newer, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make environments: install its venv module (on Debian and Ubuntu the package python3-venv)" >&2; exit 1; }
	@echo "Preparing .venv (the first time takes a minute) ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@
