"""What the set-up page shows: steps with their states, made of what is known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.core.outcome import RunState
from pipeline.core.overview.setup.problems import TABLE_ID, Problem
from pipeline.core.overview.setup.words import Place


class StepState(StrEnum):
    """The state of a step."""

    DONE = "done"
    OPEN = "open"
    WRONG = "wrong"
    WAITS = "waits"  # for an earlier one
    RUNNING = "running"


class Act(StrEnum):
    """What a person may press in a step."""

    LOOK = "look"  # at what the base lacks
    MAKE = "make"
    AUTHORIZE = "authorize"
    DISCOVER = "discover"
    CHOOSE = "choose"
    SEND = "send"  # a test message
    BEGIN = "begin"


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a test."""

    check: str  # as `laike doctor` calls it
    state: str  # ok, warning, broken or skipped
    says: str  # English
    cure: str = ""  # Chinese


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be tested by itself."""

    name: str
    title: str
    state: StepState
    tested: tuple[Result, ...] = ()

    @property
    def passed(self) -> tuple[Result, ...]:
        """The results without anything to say."""
        return tuple(one for one in self.tested if one.state == "ok")

    @property
    def others(self) -> tuple[Result, ...]:
        """The results that somebody should read."""
        return tuple(one for one in self.tested if one.state != "ok")

    @property
    def passes(self) -> str:
        """How many passed, in words."""
        return f"{len(self.passed)} 项正常"


@dataclass(frozen=True, slots=True)
class Section:
    """One place where settings come from, with what is missing or wrong of them."""

    place: Place
    problems: tuple[Problem, ...]
    last: str = ""  # one more thing to do there
    copy: str = ""  # what to copy for it

    @property
    def state(self) -> StepState:
        """Done, or why not."""
        return state_of(self.problems)


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    name: str
    title: str
    state: StepState
    says: str  # one sentence
    lines: tuple[str, ...] = ()  # what to do, in this order
    block: str = ""  # to copy into `.env`
    sections: tuple[Section, ...] = ()
    items: tuple[Item, ...] = ()
    act: Act | None = None  # what there is to press
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TablePlan:
    """What the base lacks, looked at in this visit."""

    lines: tuple[str, ...] = ()  # what would be made
    left: tuple[str, ...] = ()  # what only a person can mend
    to_set: str = ""  # the id of the table, which we cannot write into `.env`


@dataclass(frozen=True, slots=True)
class Choice:
    """An account that may be synced or not."""

    id: str
    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run."""

    run_id: str
    state: RunState
    why: str = ""  # Chinese: what to do, if it did not succeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is set and remembered, and what this visit tested."""

    problems: tuple[Problem, ...] = ()
    unset: tuple[str, ...] = ()  # optional settings that have no value
    callback: str = ""  # to be registered for the app; empty: no setting says where people reach the console
    address: str = ""  # where this visitor has the console open
    testable: bool = False  # what is set has the right shape, so that it can be tried
    table_known: bool = False  # its columns were matched before
    token: bool = False
    token_trouble: str = ""  # Chinese: why a person must authorize again
    accounts: int | None = None  # `None`: not discovered yet
    disabled: int = 0
    last: LastRun | None = None
    succeeded: bool = False  # a run has
    tested: Mapping[str, tuple[Result, ...]] = field(default_factory=dict)
    plan: TablePlan | None = None

    def lacks(self, variables: Collection[str]) -> bool:
        """Whether one of these settings is missing or wrong."""
        return any(problem.variable in variables for problem in self.problems)

    @property
    def complete(self) -> bool:
        """Whether every setting is right but for the table's id, which a later step brings."""
        return all(is_later(problem) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Setup:
    """The page."""

    steps: tuple[Step, ...]

    @property
    def next(self) -> Step | None:
        """The first step that somebody must do or mend."""
        return next((one for one in self.steps if one.state in _UNDONE and not one.optional), None)

    @property
    def testable(self) -> frozenset[str]:
        """The names of the items that can be tested now."""
        items = (item for one in self.steps for item in one.items)
        return frozenset(item.name for item in items if item.state != StepState.WAITS)

    @property
    def may_plan(self) -> bool:
        """Whether it is time to look at what the base lacks."""
        return any(one.act == Act.LOOK and one.state == StepState.OPEN for one in self.steps)

    @property
    def done(self) -> bool:
        """Whether nothing is left but what is optional."""
        return all(one.state == StepState.DONE or one.optional for one in self.steps)

    @property
    def begins(self) -> bool:
        """Whether everything is ready for the first run: the last moment to choose accounts."""
        return bool(self.next and self.next.act == Act.BEGIN)

    @property
    def remarks(self) -> int:
        """The number of results of this visit that somebody should read."""
        return sum(len(item.others) for one in self.steps for item in one.items)

    @property
    def left(self) -> int:
        """The number of steps that are left."""
        return sum(one.state != StepState.DONE and not one.optional for one in self.steps)


_UNDONE = (StepState.OPEN, StepState.WRONG, StepState.RUNNING)


def state_of(problems: Sequence[Problem]) -> StepState:
    """The state of what these are the problems of."""
    if not problems:
        return StepState.DONE
    return StepState.OPEN if all(problem.missing for problem in problems) else StepState.WRONG


def is_later(problem: Problem) -> bool:
    """Whether a step after the settings brings what is missing."""
    return problem.missing and problem.variable == TABLE_ID
