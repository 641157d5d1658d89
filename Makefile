# make demo   a morning on an emulator, in about a minute: no account, no Docker, no Redis needed (KEEP=1 stays up)
# make check  format, lint, types, contracts and unit tests: while you work
# make test   the same and all other tests; this is what CI runs
# make chaos  200 seeded faults of processes and network, one of each kind with the timeouts of production, 200 refreshers, 20 times the random examples
# make bench  daily runs and backfills against a bare client, into docs/benchmarks.md (QUICK=1: less, only printed);
#             PEERS=1: other tools beside the product instead, each in an environment of its own, from PyPI
# make mutants  take one defence out of the product at a time: tests must fail each time
# make up     start the containers with the settings of .env, which is begun where there is none; PROFILE=demo: on the emulator
# make down   stop them; their volumes stay
# make docker-test  the image and the compose file on a real Docker engine
# make clean  remove the environment, caches and demo-output

.PHONY: setup demo check test chaos mutants bench up down docker-test clean

setup:
	@scripts/setup

demo: setup
	@.venv/bin/laike demo $(if $(KEEP),--keep)

check: setup
	@scripts/check

test: setup
	@scripts/test

chaos: setup
	@.venv/bin/pytest -n 3 --dist worksteal tests/chaos/test_seeds.py --chaos 200
	@.venv/bin/pytest -n 3 --dist worksteal tests/chaos/test_seeds.py --production
	@.venv/bin/pytest -rP tests/chaos/test_token_kills.py --token-rounds 200
	@.venv/bin/pytest -n 3 --hypothesis-profile deep tests/property
	@.venv/bin/pytest -n 3 --hypothesis-profile deep -m hypothesis tests/unit tests/emulator
	@.venv/bin/pytest -rP tests/chaos/test_long_backfill.py tests/chaos/test_many_accounts.py --year --agency

mutants: setup
	@scripts/mutants

bench: setup
	@.venv/bin/python -m bench $(if $(QUICK),--quick) $(if $(PEERS),--peers)

up:
	@scripts/up $(PROFILE)

down:
	@docker compose --profile demo down

docker-test: setup
	@scripts/docker-test

clean:
	@rm -rf .venv .peers demo-output dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
