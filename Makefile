# The README's two commands, and the checks. Each makes the environment it needs in .venv, once.
#
# VERSIONS says of which versions the environment is made. `locked`: those of uv.lock, compared with its hashes, from
# the public index. `newest` and `lowest`: what pyproject.toml allows at either end, from the index that this machine
# uses (UV_DEFAULT_INDEX); `lowest` is for what the server needs, its tools are the newest.

PYTHON ?= python3
VERSIONS ?= locked
INSTALLED := .venv/.installed
UV := .venv/bin/uv --quiet

.PHONY: demo test check coverage

demo: $(INSTALLED)
	@.venv/bin/python -m outreach_mcp demo

# What was compiled is kept, whatever the environment says: a quarter of a minute for each process goes into the tests alone.
test: $(INSTALLED)
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest --numprocesses auto --dist worksteal

check: $(INSTALLED)
	@scripts/check

# What the tests run of the server and the tools, line by line and branch by branch, in every process.
coverage: $(INSTALLED)
	@scripts/measure_coverage

$(INSTALLED): pyproject.toml uv.lock requirements-uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there: install Python 3.11 or newer, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make environments: install its venv module (on Debian and Ubuntu the package python3-venv)" >&2; exit 1; }
	@echo "Preparing .venv (the first time takes a minute) ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-uv.txt
	@$(MAKE) --no-print-directory install-$(VERSIONS)
	@touch $@

.PHONY: install-locked install-newest install-lowest
install-locked:
	@UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --frozen --inexact

install-newest:
	@$(UV) pip install --python .venv --upgrade --editable . --group dev

# Without anyio's: its plugin runs the tests and has to be newer. scripts/check_install runs the server on the lowest.
install-lowest:
	@$(UV) pip compile --python .venv --all-extras --resolution lowest-direct --output-file .venv/lowest.txt pyproject.toml >/dev/null
	@sed -i.all '/^anyio==/d' .venv/lowest.txt
	@$(UV) pip install --python .venv --upgrade --constraint .venv/lowest.txt --editable . --group dev
