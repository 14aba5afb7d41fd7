# Outage Lab: every verb prepares what it needs, then calls the console script of the virtual environment.
PYTHON ?= python3
SETUP = $(PYTHON) -m harness.setup
OUTAGE = .venv/bin/outage

# Options, for example: make prove-cache-stampede REPEAT=10 JSON=1
OPTIONS = $(if $(REPEAT),--repeat $(REPEAT)) $(if $(SEED),--seed $(SEED)) $(if $(SERVICE),--service $(SERVICE)) \
	$(if $(JOBS),--jobs $(JOBS)) $(if $(SPOIL),--spoil) $(if $(BUSY),--busy) $(if $(JSON),--json)

.PHONY: help list prove bench doctor clean index lint test lock format

help:
	@echo "make list              the labs, and which of them you have solved"
	@echo "make lab-NAME          run the outage, and leave the stack up to look around"
	@echo "make check-NAME        judge your fix: FIXED, BROKEN or UNKNOWN             [SEED=n]"
	@echo "make hint-NAME         a hint for the first failing check, one step further each time"
	@echo "make logs-NAME         the logs of the stack that is up                    [SERVICE=name]"
	@echo "make shell-NAME        a shell in the stack that is up                     [SERVICE=name]"
	@echo "make reset-NAME        put the lab's files back as shipped (asks first)"
	@echo "make debrief-NAME      cause, fixes, real cases: once it is fixed          [SPOIL=1]"
	@echo "make down-NAME         take the stack down"
	@echo "make prove-NAME        as shipped, each fix, each decoy                    [REPEAT=n JOBS=n]"
	@echo "make prove             the same for all labs                               [REPEAT=n JOBS=n]"
	@echo "make bench             measure the budgets of the design                   [BUSY=1 REPEAT=n]"
	@echo "make doctor            what this machine lacks, and what mends it"
	@echo "make clean             remove everything that runs left behind"
	@echo "make index             the generated tables of labs, for who adds one"
	@echo "make lint, make test   for who changes the project; make format, make lock too"
	@echo "JSON=1 where a machine reads the answer. NAME is a lab's name or number: cache-stampede, 07."

lab-% check-%:
	@$(SETUP) ready --images $*
	@$(OUTAGE) $(firstword $(subst -, ,$@)) $* $(OPTIONS)

prove-%:
	@$(SETUP) ready --images $*
	@$(OUTAGE) prove $* $(OPTIONS)

hint-% logs-% shell-% reset-% debrief-% down-%:
	@$(SETUP) ready
	@$(OUTAGE) $(firstword $(subst -, ,$@)) $* $(OPTIONS)

prove bench:
	@$(SETUP) ready --images all
	@$(OUTAGE) $@ $(OPTIONS)

list clean index:
	@$(SETUP) ready
	@$(OUTAGE) $@ $(OPTIONS)

doctor:
	@$(SETUP) doctor $(if $(JSON),--json)

lint:
	@$(SETUP) ready --dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

format:
	@$(SETUP) ready --dev
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

test:
	@$(SETUP) ready --dev --images all --docker-optional
	@$(MAKE) --no-print-directory lint
	.venv/bin/pytest

# The pinned requirements anew from the *.in files: the newest versions, for every supported Python and machine.
UV = .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock:
	@$(SETUP) ready --dev
	$(UV) requirements.in --output-file requirements.txt
	$(UV) requirements-dev.in --output-file requirements-dev.txt
	$(UV) services/python/requirements.in --output-file services/python/requirements.txt
