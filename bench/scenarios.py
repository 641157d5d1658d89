"""What happens to each contender: a new day, the same again, a lost answer, a dead account, an error as HTTP 200."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bench.contenders import CONTENDERS, ONCE_MORE, SUCCESS, Ran
from bench.verdict import verdict
from bench.workers import workers
from bench.world import Log, Shape, World, slow_down, world
from pipeline.core.model import DayRange

CREATE = "records.batch_create"
SEVEN_ACCOUNTS = (14, 12, 9, 7, 6, 3, 2)  # promotions, as in P1
TWENTY = (3,) * 20
NEW, AGAIN, LOST, DEAD, REFUSED = (
    "a new day",
    "the same day again",
    "one lost answer",
    "one dead account of twenty",
    "one error as HTTP 200",
)
SCENARIOS = (NEW, AGAIN, LOST, DEAD, REFUSED)
NO_PERMISSION, SERVER_ERROR = 40002, 50000


@dataclass(frozen=True, slots=True)
class Lap:
    """A contender in a scenario: seconds from its start, its calls, what it left, what it said, memory in bytes."""

    scenario: str
    contender: str
    rows_s: float | None  # `None`: it created none
    verified_s: float | None  # `None`: it has read nothing back
    ended_s: float
    calls: int
    lost: int
    doubled: int
    replaced: int
    exit_code: int
    said: str
    memory: int

    @property
    def right(self) -> bool:
        """Whether each row of the source is in the table once."""
        return not self.lost and not self.doubled

    @property
    def false_success(self) -> bool:
        """Whether it says that all is well, and it is not."""
        return self.said == SUCCESS and not self.right


@dataclass(frozen=True, slots=True)
class Case:
    """A world, what is wrong in it, and the laps in it."""

    shape: Shape
    laps: tuple[str, ...]
    fault: Callable[[World], list[Mapping[str, object]]]


def cases(latency: float) -> tuple[Case, ...]:
    """The worlds of all scenarios; `latency` of the real services'."""
    seven, twenty = (Shape(promotions=each, latency=latency) for each in (SEVEN_ACCOUNTS, TWENTY))
    return (
        Case(seven, (NEW, AGAIN), lambda _: []),
        Case(seven, (LOST,), lambda made: [_in_table(made, "drop_after")]),
        Case(twenty, (DEAD,), _dead),
        Case(seven, (REFUSED,), lambda made: [_of_account(made, 2, "report.promotion", SERVER_ERROR)]),
    )


def laps_of(contender: str, case: Case) -> Iterator[Lap]:
    """A contender's laps in a world of its own, whose window lacks the newest day alone."""
    with world(case.shape) as made:
        fresh = DayRange(made.newest, made.newest)
        with workers(made, made.newest - timedelta(days=1)) as team:
            team.daily()
        slow = slow_down(made)
        for fault in case.fault(slow):
            slow.control("faults", fault)
        for scenario in case.laps:
            yield lap_in(slow, fresh, scenario, contender)


def lap_in(made: World, fresh: DayRange, scenario: str, contender: str) -> Lap:
    """A contender's lap in a world as it is, judged by the emulator."""
    window = made.job(fresh).window
    before, logged = made.rows(window), made.logged()
    ran = (ONCE_MORE if scenario == AGAIN else CONTENDERS)[contender](made, fresh)
    log = made.log_since(logged)
    left = verdict(made.wanted(window), before, made.rows(window))
    return Lap(
        scenario=scenario,
        contender=contender,
        rows_s=_rows_s(made, log, ran),
        verified_s=None if ran.verified is None else ran.verified - ran.sent,
        ended_s=ran.ended - ran.sent,
        calls=len(log.calls),
        lost=left.lost,
        doubled=left.doubled,
        replaced=left.replaced,
        exit_code=ran.exit_code,
        said=ran.said,
        memory=ran.memory,
    )


def _rows_s(made: World, log: Log, ran: Ran) -> float | None:
    asked = [call for call in log.calls if (call.endpoint, call.table_id) == (CREATE, made.table_id)]
    return max(call.answered for call in asked) - ran.sent if asked else None


def _in_table(made: World, kind: str) -> Mapping[str, object]:
    return {"endpoint": CREATE, "kind": kind, "match": {"table_id": made.table_id}}


def _dead(made: World) -> list[Mapping[str, object]]:
    reports = ("report.promotion", "report.account")
    return [{**_of_account(made, 9, one, NO_PERMISSION), "times": "always"} for one in reports]


def _of_account(made: World, place: int, endpoint: str, code: int) -> Mapping[str, object]:
    account_id = list(made.accounts)[place]
    return {"endpoint": endpoint, "kind": "code", "code": code, "match": {"local_account_id": account_id}}
