# What one can do here. `make help` lists it.

ifeq ($(OS),Windows_NT)
$(error On Windows this works within WSL: see README.md)
endif

# What one may type after make, as in `make report OUTPUT=my_report`: PARAMS, RUNS, OUTPUT, RENDERER, SEEDS, for runs
# on a cluster PROFILE and JOBS, for `make study` STUDY, for `make verify` STUDY, ALL and STAMP, for `make predict` RUN,
# IMAGES and CSV, for `make export` RUN, for `make compare` A and B, for `make tensorboard` PORT, and PYTHON to make .venv
# with. What is typed reaches the scripts as it is, whatever characters it has; what is not typed is theirs to know.
# Variables of the environment with these names do not count.
quote = '$(subst ','\'',$(value $(1)))'
typed = $(filter command line,$(origin $(1)))
option = $(if $(call typed,$(2)),$(1)=$(call quote,$(2)))
FOLDERS = $(call option,--params,PARAMS) $(call option,--runs,RUNS)
SEEDS_OF_EACH = $(call option,--seeds,SEEDS)
REPORT = $(call option,--output,OUTPUT) $(call option,--renderer,RENDERER)
VERIFY = $(call option,--runs,RUNS) $(call option,--study,STUDY) $(call option,--all,ALL) $(call option,--stamp,STAMP)
CLUSTER = $(if $(value PROFILE),$(call option,--profile,PROFILE)) $(if $(value JOBS),$(call option,--jobs,JOBS))

# -E and -s: what the user's other projects set for Python (PYTHONPATH, packages of his home) stays out.
VENV := .venv/bin/python -E -s -u -X utf8
# In the order of the files: left to itself, pytest-xdist begins the longest of all at the end.
PYTEST := $(VENV) -m pytest --dist loadfile --no-loadscope-reorder
UV := .venv/bin/uv --no-config pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help setup report train test test-slow test-all site verify publish quarto study studies bench growth fault-test lock clean predict export compare tensorboard params schema reference

##@ Main

help: ## list what one can do here
	@awk -F ':.*## ' '/^##@/ { print substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with everything that is needed
	@sh workflow/setup.sh $(if $(call typed,PYTHON),$(call quote,PYTHON),python3)

report: setup ## train what is not trained yet, and make the report (the main job; SEEDS=10: ten seeds of each model)
	@$(VENV) workflow/report.py $(FOLDERS) $(SEEDS_OF_EACH) $(REPORT) $(CLUSTER)

train: setup ## train what is not trained yet, no report
	@$(VENV) workflow/report.py $(FOLDERS) $(SEEDS_OF_EACH) --only-train $(CLUSTER)

test: setup ## check the code and run the fast tests
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check --quiet .
	@$(PYTEST) -n 2 -m "not slow"

# Three at a time on two cores: many of them wait, for a cluster, a browser or a time limit.
test-slow: setup ## run the tests that take over five seconds each
	@$(PYTEST) -n 3 -m slow

test-all: test test-slow ## run all tests

site: setup ## make the whole site of results/ into _site/, training nothing (RENDERER=quarto or preview; OUTPUT=)
	@$(VENV) workflow/render.py --site $(REPORT)

##@ Studies

verify: setup ## train published runs again and compare (2 epochs of each model; ALL=1: all; STAMP=1: note it)
	@$(VENV) workflow/verify.py $(VERIFY)

publish: setup ## train what is missing, copy a run of each model to results/, and write README.md's results
	@$(VENV) workflow/publish.py $(FOLDERS)

study: setup ## train what a study of params/studies/ still lacks (STUDY=main, say), and record it in results/
	@$(VENV) workflow/study.py $(call option,--study,STUDY) $(FOLDERS) $(CLUSTER)

studies: setup ## the same for every study there is, one after the other (hours)
	@$(VENV) workflow/study.py --all $(FOLDERS) $(CLUSTER)

##@ Use

predict: setup ## say what a trained network sees in pictures (RUN=<run folder> IMAGES=<file, folder or pattern>; CSV=)
	@$(VENV) workflow/predict.py $(call option,--run,RUN) $(call option,--images,IMAGES) $(call option,--csv,CSV)

export: setup ## write a trained network as ONNX, with a card, into exports/ (RUN=<run folder>; OUTPUT=)
	@$(VENV) workflow/export.py $(call option,--run,RUN) $(call option,--output,OUTPUT)

compare: setup ## say whether two results are the same: run folders, folders of runs, records (A=runs B=results)
	@$(VENV) workflow/compare.py $(call option,--a,A) $(call option,--b,B)

tensorboard: setup ## show all runs in TensorBoard, those that are going on as well (RUNS=runs; PORT=)
	@$(VENV) workflow/board.py $(call option,--runs,RUNS) $(call option,--port,PORT)

params: setup ## print every parameter of a run with its default, limits and meaning
	@$(VENV) workflow/params.py

##@ Maintenance

schema: setup ## write params/schema.json, by which editors complete and check parameter files
	@$(VENV) workflow/params.py --schema params/schema.json

reference: setup ## write docs/python.ipynb, the page on what the package offers to Python
	@$(VENV) workflow/reference.py

bench: setup ## measure the speed of training, and what normalizations cost (leave the machine alone meanwhile)
	@$(VENV) benchmarks/run.py --output benchmarks/results.md
	@$(VENV) benchmarks/normalizations.py --output benchmarks/normalizations.json

growth: setup ## measure how the cost of the job grows with the number of runs (leave the machine alone meanwhile)
	@$(VENV) benchmarks/growth.py --output benchmarks/growth.md

fault-test: setup ## try all faults, kill the job at 36 random moments (an hour), and write tests/faults/results.md
	@$(PYTEST) -n 2 -m fault --trials 36 --fault-table tests/faults/results.md

quarto: setup ## try again to install Quarto
	@$(VENV) workflow/quarto.py

lock: setup ## renew requirements.lock and requirements-uv.lock
	@echo uv | $(UV) --upgrade - -o requirements-uv.lock
	@$(UV) --upgrade --all-extras --group dev pyproject.toml -o requirements.lock

# Not for this shall 6 GB be fetched.
clean: ## delete the rendered reports; runs, data and .venv stay
	@.venv/bin/python -E -s -S workflow/bootstrap.py --check 2>/dev/null || \
	  { echo "error: .venv is missing or not up to date: call \`make setup\`, then \`make clean\`" >&2; exit 1; }
	@$(VENV) workflow/clean.py $(call option,--output,OUTPUT)
