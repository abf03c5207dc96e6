# `make` alone lists what there is. The work is in scripts/.

.DEFAULT_GOAL := help
.PHONY: help run test test-slow bench lint format requirements screenshots clean
MAKEFLAGS += --no-print-directory

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start Allclear with the demo on http://127.0.0.1:8000 (PORT=8001, DEMO=0)
	@sh scripts/run.sh

test: ## Check the code and run the tests on SQLite and on PostgreSQL (ARGS="-k page")
	@sh scripts/test.sh

test-slow: ## Run the crash, load and long random tests on both databases
	@sh scripts/test-slow.sh

bench: ## Measure, and print a table (ARGS="--help")
	@sh scripts/bench.sh

lint: ## Check the code without running the tests
	@sh scripts/lint.sh

format: ## Put the code into its form
	@sh scripts/format.sh

requirements: ## Compile requirements/*.txt from pyproject.toml (UPGRADE=1 for newer versions)
	@sh scripts/requirements.sh

screenshots: ## Take a picture of every page, small and large, light and dark (ARGS="--help")
	@sh scripts/screenshots.sh

clean: ## Remove what was made, but not var/ with its database
	@rm -rf .venv staticfiles test-results .pytest_cache .mypy_cache .ruff_cache .hypothesis
