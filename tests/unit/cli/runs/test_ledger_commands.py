"""What looking at a ledger of years costs, in commands to Redis and not in seconds: that cannot flake."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from bench.ledger import SETTINGS, accounts_of, fill
from cli.runs.status import age
from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.coverage.health import Verdict
from pipeline.core.errors import WrongInput
from pipeline.core.runs.plan import window
from pipeline.settings import Settings
from pipeline.steps.coverage.grid import coverage
from pipeline.steps.coverage.health import health

ACCOUNTS, DAYS = 12, 9


class Counting(fakeredis.FakeRedis):
    """Counts round trips and the commands in them."""

    trips = commands = 0

    def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 redis-py's signature
        self.trips += 1
        self.commands += 1
        return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:  # noqa: ANN401, FBT001, FBT002 redis-py's signature
        pipe = super().pipeline(transaction, shard_hint)
        sent: Callable[..., Any] = pipe.execute

        def execute(**options: Any) -> Any:  # noqa: ANN401 redis-py's signature
            self.trips += 1
            self.commands += len(pipe.command_stack)
            return sent(**options)

        pipe.execute = execute  # type: ignore[method-assign, assignment]
        return pipe


@pytest.fixture
def client() -> Iterator[Counting]:
    made = Counting()
    yield made
    made.close()


@pytest.fixture
def filled(client: Counting, tmp_path: Path) -> Context:
    """A ledger of some days and accounts, of which nothing was counted yet."""
    accounts = accounts_of(ACCOUNTS)
    given = {name.removeprefix("LAIKE_").lower(): value for name, value in SETTINGS.items()}
    given |= {"token_file": str(tmp_path / "token")}
    names = {one.id: one.name for one in accounts}
    ctx = build(Settings(_env_file=None, accounts=names, **given), alone=client)  # type: ignore[arg-type]
    fill(client, accounts, DAYS, ctx.now())
    client.trips = client.commands = 0
    return ctx


def test_runs_takes_two_round_trips_however_many_are_listed(filled: Context, client: Counting) -> None:
    assert len(filled.ledger.overview(filled.ledger.newest(5))) == 5
    assert (client.trips, client.commands) == (2, 1 + 5)


def test_show_takes_two_round_trips_however_many_accounts(filled: Context, client: Counting) -> None:
    (run_id,) = filled.ledger.newest(1)
    client.trips = 0
    assert filled.ledger.overview([run_id])
    assert len([one for one in filled.events.events(run_id) if one["event"] == "fetched"]) == ACCOUNTS
    assert client.trips == 2


def test_status_takes_two_commands_an_account_and_round_trips_that_do_not_grow(
    filled: Context, client: Counting
) -> None:
    found = health(filled, window(filled.now(), 1).last)
    assert (found.accounts, found.lacking, found.verdict) == (ACCOUNTS, (), Verdict.OK)
    assert (client.trips, client.commands) == (4, 2 + 2 * ACCOUNTS)


def test_coverage_takes_four_commands_an_account_and_round_trips_that_do_not_grow(
    filled: Context, client: Counting
) -> None:
    found = coverage(filled, window(filled.now(), 30))
    assert sum(known.state.good for one in found for known in one.days.values()) == ACCOUNTS * DAYS
    assert (client.trips, client.commands) == (6, 2 + 4 * ACCOUNTS)


@pytest.mark.parametrize(("text", "hours"), [("26h", 26), ("90m", 1.5), ("2d", 48), ("0h", 0)])
def test_an_age_is_a_number_and_a_unit(text: str, hours: float) -> None:
    assert age(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "h", "26", "-1h", "1.5h", "26 h", "1w", "999999d", "²h"])
def test_what_is_no_age_is_wrong_usage(text: str) -> None:
    with pytest.raises(WrongInput, match="write it as 26h, 90m or 2d"):
        age(text)
