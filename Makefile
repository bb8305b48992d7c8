# Each target sets up .venv first, and again only when the requirements have changed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# A learner's packages; and what only tests need, which a learner never gets.
LEARN  := $(VENV)/.installed
TESTS  := $(VENV)/.installed-tests
# What the site and its Playground are built with.
NODE   := web/node_modules/.installed
# In a container one is often root, whom Jupyter turns away unless asked.
ALLOW_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)
# Processes that test side by side, each on one core and with about 1 GiB of memory.
JOBS   ?= 2
PROMPT ?= A fantasy landscape with mountains and a river

.DEFAULT_GOAL := help
.PHONY: help course course-ja picture pictures notebooks site site-serve test test-portable twins types address sums clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

course: $(LEARN)  ## open the course in JupyterLab, at lesson 00
	$(BIN)/jupyter lab --notebook-dir=. course/00_start_here.ipynb $(ALLOW_ROOT)

course-ja: $(LEARN)  ## open the Japanese course (日本語版を開く)
	$(BIN)/jupyter lab --notebook-dir=. course/ja/00_start_here.ipynb $(ALLOW_ROOT)

picture: $(LEARN)  ## out/picture.png, out/steps.png and out/trajectory.safetensors (PROMPT="...")
	$(BIN)/python -m helpers generate "$(PROMPT)" --out out

pictures: $(LEARN)  ## draw the README's pictures again
	$(BIN)/python course/images/make.py

notebooks: $(TESTS)  ## run every lesson and store its outputs
	$(BIN)/python course/build.py

site: $(TESTS) $(NODE)  ## the lessons as a site, in site/ (needs Node 20 or newer)
	$(BIN)/python -m web.site

site-serve: site  ## build the site and show it at http://localhost:8000
	$(BIN)/python -m http.server --directory site --bind localhost 8000

test: $(TESTS)  ## ruff, every test, every lesson; the slowest ten are named
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

test-portable: $(TESTS)  ## every lesson as on six other machines; most of an hour
	$(BIN)/python -m tests.portable

types: $(TESTS)  ## mypy over helpers/
	$(BIN)/python -m mypy

twins: $(TESTS)  ## carry the code of the lessons into the Japanese ones; say which text is stale
	$(BIN)/python course/twins.py ja

address: $(LEARN)  ## carry the address in pyproject.toml into the READMEs and the lessons
	$(BIN)/python -m helpers.repository_url
	$(BIN)/python course/twins.py ja

sums:  ## list the checksums of the weights anew, after a change to them
	cd helpers/weights && find . -type f ! -name 'SHA256SUMS*' ! -name '.*' | sed 's|^\./||' | LC_ALL=C sort | \
	xargs $$(command -v sha256sum || echo shasum -a 256) > SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS

clean:  ## remove .venv, out and what the site is made with
	rm -rf $(VENV) out site web/node_modules

$(LEARN): requirements.txt constraints.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: '$(PYTHON)' was not found. Install Python 3.10 to 3.14, or name yours: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' || { echo "make: the course needs Python 3.10 to 3.14, and '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: '$(PYTHON)' lacks the venv module. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 2; }
	@echo "Setting up $(VENV), this once: pip fetches PyTorch, JupyterLab and what they need. That takes two to"
	@echo "five minutes on a fast line, and about 1 GB on the disk (5 GB where PyTorch comes with CUDA)."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -r requirements.txt -c constraints.txt -e .
	@touch $@

$(TESTS): $(LEARN) requirements-tests.txt
	@echo "Adding what only tests need: about half a minute."
	$(BIN)/python -m pip install --quiet -r requirements-tests.txt -c constraints.txt
	@touch $@

$(NODE): web/package.json web/package-lock.json
	@command -v npm >/dev/null || { echo "make: the site needs Node 20 or newer, with npm: https://nodejs.org" >&2; exit 2; }
	npm ci --prefix web --no-progress
	@touch $@
