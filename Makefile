# make demo   the whole job on an emulator: no account, no Docker, no Redis needed (KEEP=1 stays up)
# make test   lint, types and every test
# make bench  a daily run against the floor that a bare client sets: seconds, calls, memory
# make fmt    format and mend what can be mended
# make lock   pin the newest packages that pyproject.toml allows
# make clean  remove what the others made

.PHONY: setup demo test bench fmt lock clean

setup:
	@scripts/setup

demo: setup
	@.venv/bin/laike demo $(if $(KEEP),--keep)

test: setup
	@scripts/test

bench: setup
	@.venv/bin/python -m bench.path

fmt: setup
	@.venv/bin/ruff check --quiet --fix .
	@.venv/bin/ruff format --quiet .

lock: setup
	@scripts/lock

clean:
	@rm -rf .venv demo-output dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
