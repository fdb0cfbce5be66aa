# What one can do here. `make help` lists it.

PYTHON ?= python3
PARAMS ?= params
RUNS ?= runs
OUTPUT ?= _report
RENDERER ?= auto
# For runs on a cluster, as in `make report PROFILE=slurm JOBS=20`.
PROFILE ?=
JOBS ?=
CLUSTER = $(if $(PROFILE),--profile $(PROFILE)) $(if $(JOBS),--jobs $(JOBS))
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup report train test render publish quarto search bench growth fault-test lock clean

help: ## list what one can do here
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

$(INSTALLED): requirements.lock requirements-uv.lock pyproject.toml workflow/bootstrap.py
	@$(PYTHON) workflow/bootstrap.py

setup: $(INSTALLED) ## make .venv with everything that is needed

report: $(INSTALLED) ## train what is not trained yet, and make the report (the main job)
	@$(BIN)/python workflow/report.py --params $(PARAMS) --runs $(RUNS) --output $(OUTPUT) --renderer $(RENDERER) $(CLUSTER)

train: $(INSTALLED) ## train what is not trained yet, no report
	@$(BIN)/python workflow/report.py --params $(PARAMS) --runs $(RUNS) --only-train $(CLUSTER)

# In the order of the files: left to itself, pytest-xdist begins the longest of all at the end.
test: $(INSTALLED) ## run the tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

render: $(INSTALLED) ## render the published runs of results/, training nothing
	@$(BIN)/python workflow/render.py --results results --output $(OUTPUT) --renderer $(RENDERER)

publish: $(INSTALLED) ## train what is missing and copy the runs to results/, with README.md's table and pictures
	@$(BIN)/python workflow/publish.py --params $(PARAMS) --runs $(RUNS)

search: $(INSTALLED) ## search hyperparameters on the validation split (params/studies/search.yaml)
	@$(BIN)/python workflow/search.py

bench: $(INSTALLED) ## measure the speed of training beside the usual pipeline (leave the machine alone meanwhile)
	@$(BIN)/python benchmarks/run.py --output benchmarks/results.md

growth: $(INSTALLED) ## measure how the cost of the job grows with the number of runs (leave the machine alone meanwhile)
	@$(BIN)/python benchmarks/growth.py --output benchmarks/growth.md

fault-test: $(INSTALLED) ## try all faults, kill the job at 36 random moments (an hour), and write tests/faults/results.md
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m fault --trials 36 --fault-table tests/faults/results.md

quarto: $(INSTALLED) ## try again to install Quarto
	@$(BIN)/python workflow/quarto.py

lock: $(INSTALLED) ## renew requirements.lock and requirements-uv.lock
	@echo uv | $(BIN)/uv pip compile - --quiet --universal --generate-hashes --no-header --upgrade --python-version 3.11 -o requirements-uv.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade --python-version 3.11 --group dev pyproject.toml -o requirements.lock

clean: ## delete the rendered reports; runs, data and .venv stay
	@rm -rf _report _site _figures .quarto
