# `make test` sets up all that it needs, then checks and tests everything.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What waits for browsers and servers most of the time, one test after the other. Beside it, in what time that
# leaves, run all else, two files at a time, the short versions of the benchmarks, and the pictures.
WAITING := tests/e2e tests/faults
BENCH := tests/bench
LOOKS := tests/e2e/test_looks.py tests/e2e/test_sets_looks.py
BESIDE := $(VENV)/beside.txt
# Four processes on two cores make some test wait longer now and then than it is ready to. So what fails is asked
# once more when all else is over, by itself, and said to be; what fails then has failed. A process that did not
# come to its end leaves nothing to ask again, which is a failure too.
CACHE := $(VENV)/asked
asked = $(RUN) -m pytest -o cache_dir=$(CACHE)/$(1)
or_again = || echo $(1) >> $(CACHE)/again

# Servers begin a hundred times: what Python compiled for one is there for the next, also where the caller says no.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: test coverage setup system lint run lock screenshots faults fuzz bench phoenix

test:
	$(MAKE) --jobs=2 setup system lint
	rm -rf $(CACHE); mkdir $(CACHE)
	( nice -n 19 $(call asked,rest) -n 2 --dist loadfile $(patsubst %,--ignore=%,$(WAITING) $(BENCH)) $(call or_again,rest); \
		nice -n 19 $(call asked,bench) $(BENCH) $(call or_again,bench); \
		$(call asked,looks) $(LOOKS) $(call or_again,looks) ) > $(BESIDE) 2>&1 & \
		beside=$$!; failed=0; \
		$(call asked,waiting) $(WAITING) $(patsubst %,--ignore=%,$(LOOKS)) $(call or_again,waiting); \
		wait $$beside || failed=1; \
		cat $(BESIDE); \
		for name in $$(cat $(CACHE)/again 2>/dev/null); do \
			echo "Asked once more, alone: what failed of $$name"; \
			$(call asked,$$name) --last-failed --last-failed-no-failures=none || failed=1; \
		done; exit $$failed

# The same, with the lines that no test comes by. Counting them takes as long as the tests themselves.
coverage: setup
	$(BIN)/coverage erase
	$(MAKE) test RUN='$(BIN)/coverage run'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

setup: $(VENV)/installed

$(VENV)/installed: requirements.txt requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit("Madlen needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(PIP) '$(shell grep ^uv requirements-dev.txt)'
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt || $(PIP) -r requirements-dev.txt
	touch $@

# Chromium and the PostgreSQL server, from Debian's packages.
system:
	sh tests/system.sh

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

run: setup
	$(BIN)/streamlit run app.py

# The figures of bench/README.md, on a machine that does nothing else.
bench: setup system
	for name in start streaming opening sessions generations batch lanes catalogue search spans; do \
		$(BIN)/python -m bench.$$name || exit 1; \
	done
	$(BIN)/python -m bench.standing

# The pictures in the README, taken anew.
screenshots: setup system
	$(BIN)/python -m pytest tests/e2e -q -k legible --screenshots

# Every fault many times, which takes about an hour; what came of them is in bench/results/faults.json.
faults: setup
	$(BIN)/python -m bench.faults

# The tests by property with other examples each time, and twenty times as many where a test does not say.
fuzz: setup system
	$(RUN) -m pytest -m hypothesis --hypothesis-profile=long --timeout=1200 $(patsubst %,--ignore=%,$(WAITING) $(BENCH))

# Our traces in Arize Phoenix, which lives in an environment of its own, for it brings a hundred packages.
phoenix: setup .phoenix/installed
	$(BIN)/python -m pytest -m phoenix tests/phoenix

.phoenix/installed:
	$(PYTHON) -m venv .phoenix
	.phoenix/bin/python -m pip install --quiet --disable-pip-version-check 'arize-phoenix>=20.26,<21'
	touch $@

# The exact versions with their hashes, for the image.
lock: setup
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--python-version 3.11 requirements.txt --output-file requirements.lock
