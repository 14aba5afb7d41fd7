# Outage Lab: every verb prepares what it needs, then calls the console script of the virtual environment.
# Only what stands on make's own command line counts: a variable of the shell is for other programs.
ifneq ($(origin PYTHON),command line)
PYTHON = python3
endif
SETUP = $(PYTHON) -I harness/setup/__main__.py
OUTAGE = .venv/bin/outage

# Which options each verb takes, and what the console script calls them. Switches are on unless they say 0, no or off.
TAKES_list = JSON
TAKES_lab = SEED JSON
TAKES_check = SEED OVERLAY JSON
TAKES_hint = CHECK
TAKES_logs = SERVICE LINES LIVE
TAKES_shell = SERVICE
TAKES_reset = YES
TAKES_diff =
TAKES_debrief = SPOIL
TAKES_down = JSON
TAKES_prove = REPEAT JOBS BUSY ONLY QUICK RECORD RECORDED KEEP JSON
TAKES_mutate = SAMPLE SEED FIX JOBS BUSY LIST KEEP JSON
TAKES_bench = REPEAT BUSY JSON
TAKES_doctor = JSON
TAKES_clean = YES IMAGES
TAKES_index =
TAKES_new-lab = SLUG
FLAGS = BUSY=--busy CHECK=--check FIX=--fix IMAGES=--images JOBS=--jobs JSON=--json KEEP=--keep LINES=--lines LIST=--list LIVE=--live ONLY=--only \
	OVERLAY=--overlay QUICK=--quick RECORD=--record RECORDED=--recorded REPEAT=--repeat SAMPLE=--sample SEED=--seed \
	SERVICE=--service SPOIL=--spoil YES=--yes
SWITCHES = BUSY IMAGES JSON KEEP LIST LIVE QUICK RECORD RECORDED SPOIL YES

# $(call given,SEED): its value, if it stands on the command line. $(call quoted,text): as one word of the shell.
given = $(if $(filter command,$(origin $1)),$($1))
on = $(filter-out 0 no off false,$(call given,$1))
UNSAFE := ' " ` $$ ; & | < > ( ) * ? [ ] { } \# ~ \ !
quoted = $(if $(strip $(word 2,$1) $(foreach sign,$(UNSAFE),$(findstring $(sign),$1))),'$(subst ','\'',$1)',$1)
flag = $(patsubst $1=%,%,$(filter $1=%,$(FLAGS)))
option = $(if $(filter $1,$(SWITCHES)),$(if $(call on,$1),$(flag)),$(if $(call given,$1),$(flag) $(call quoted,$($1))))
options = $(strip $(foreach name,$(TAKES_$1),$(call option,$(name))))

# An option that no verb of this command takes is a mistake, and not passed over in silence.
verb = $(if $(filter new-lab,$1),$1,$(firstword $(subst -, ,$1)))
TAKEN = $(foreach goal,$(or $(MAKECMDGOALS),help),$(TAKES_$(call verb,$(goal))))
STRANGE := $(strip $(foreach name,$(filter-out PYTHON MAKE% SHELL -%,$(.VARIABLES)),\
	$(if $(filter command,$(origin $(name))),$(if $(filter $(name),$(TAKEN)),,$(name)))))
ifneq ($(STRANGE),)
$(error $(firstword $(MAKECMDGOALS) make) takes no $(STRANGE)$(if $(TAKEN),; it takes $(TAKEN)). `make help` shows what there is)
endif

# A verb that fails has said why: make ends after it (with 1), without a word of its own. GNU make does so at SIGQUIT.
# It must find the recipe still alive. Where it is ignored, as in the background, or make is to go on (-k), make says its word.
FAIL = || { code=$$?; heard=; trap 'heard=1' QUIT; kill -QUIT $$$$; \
	[ "$$heard" ] && [ ! "$(findstring k,$(firstword -$(MAKEFLAGS)))" ] && kill -QUIT $$PPID && sleep 0.2 || exit $$code; }
READY = $(SETUP) ready $(if $(call on,JSON),--json)

.PHONY: help list prove bench doctor clean index new-lab lint test lock format FORCE
.NOTPARALLEL:

help:
	@echo "make list              the labs, and which of them you have solved"
	@echo "make lab-NAME          run the outage, and leave the stack up to look around   [SEED=n]"
	@echo "make check-NAME        judge your fix: FIXED, BROKEN or UNKNOWN                [SEED=n OVERLAY=folder]"
	@echo "make hint-NAME         a hint for the first check that failed, one step further each time   [CHECK=name]"
	@echo "make logs-NAME         what the services of the last run printed               [SERVICE=name LINES=n LIVE=1]"
	@echo "make shell-NAME        a shell in the stack that is up                         [SERVICE=name]"
	@echo "make diff-NAME         what you have changed"
	@echo "make reset-NAME        your files as shipped again; it asks first              [YES=1]"
	@echo "make debrief-NAME      cause, fixes, real cases: once it is fixed              [SPOIL=1]"
	@echo "make down-NAME         take the stack down"
	@echo "make doctor            what this machine lacks, and what helps"
	@echo "make clean             remove everything that runs left behind                 [YES=1 IMAGES=1]"
	@echo "NAME is a lab's name or number: cache-stampede, 07. JSON=1 where a machine reads the answer."
	@echo
	@echo "For authors and maintainers:"
	@echo "make new-lab           a small lab that runs and proves itself, to change      SLUG=my-story"
	@echo "make prove-NAME        as shipped, each fix, each decoy  [REPEAT=n JOBS=n BUSY=1 ONLY=text QUICK=1 RECORD=1 KEEP=1]"
	@echo "make prove             the same for all labs; with RECORDED=1 from the kept recordings, without Docker"
	@echo "make mutate-NAME       small changes of each fix: which does no check see?  [SAMPLE=n SEED=n FIX=name JOBS=n KEEP=1]"
	@echo "make bench             measure the budgets of the design                       [BUSY=1 REPEAT=n]"
	@echo "make index             the generated tables of labs and decoys"
	@echo "make lint, make test, make format, make lock"
	@echo ".venv/bin/outage overlay, decoy, judge: variants written out, patches made, a recording judged again"

# Each verb is a rule of its own: in one rule for several patterns make would run the first goal alone.
define RULE
$1-%: FORCE
	@{ $$(READY) $2 && $$(OUTAGE) $1 $$(call quoted,$$*) $$(call options,$1); } $$(FAIL)
endef
$(foreach name,lab check,$(eval $(call RULE,$(name),--images $$(call quoted,$$*))))
$(eval $(call RULE,prove,$$(if $$(call on,RECORDED),,--images $$(call quoted,$$*))))
$(eval $(call RULE,mutate,--dev $$(if $$(call on,LIST),,--images $$(call quoted,$$*))))
$(foreach name,hint logs shell diff reset debrief down,$(eval $(call RULE,$(name))))

prove bench:
	@{ $(READY) $(if $(call on,RECORDED),,--images all) && $(OUTAGE) $@ $(call options,$@); } $(FAIL)

list clean index:
	@{ $(READY) && $(OUTAGE) $@ $(call options,$@); } $(FAIL)

new-lab:
	@{ $(READY) && $(OUTAGE) new-lab $(call quoted,$(call given,SLUG)); } $(FAIL)

doctor:
	@$(SETUP) doctor $(call options,doctor) $(FAIL)

Makefile: ;

.DEFAULT:
	@echo "There is no \`make $@\`. \`make help\` shows what there is; most verbs name a lab, as in \`make lab-07\`." >&2; \
	false $(FAIL)

# Labs are packages of the same names, so each is checked by itself.
lint:
	@$(SETUP) ready --dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy harness loadtests tests
	@for lab in labs/*/; do \
		echo ".venv/bin/mypy $$lab"; \
		.venv/bin/mypy "$${lab}drill" "$${lab}locustfile.py" || exit 1; \
	done

format:
	@$(SETUP) ready --dev
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

test:
	@$(SETUP) ready --dev --images all --docker-optional
	@$(MAKE) --no-print-directory lint
	.venv/bin/pytest -m docker
	.venv/bin/pytest -m "not docker" --numprocesses auto

# The pinned requirements, made from the *.in files: the newest versions, for every supported Python and machine.
UV = .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock:
	@$(SETUP) ready --dev
	$(UV) requirements.in --output-file requirements.txt
	$(UV) requirements-dev.in --output-file requirements-dev.txt
	$(UV) services/python/requirements.in --output-file services/python/requirements.txt
