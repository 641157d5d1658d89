"""Whatever the table holds and people do meanwhile: a load brings the source into it, once, and touches nothing else.

The same examples in every run. Others, and twenty times as many:
`pytest -n 2 tests/property --first-seed 7 --hypothesis-profile deep`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, seed, settings

from emulator.feishu.bitable.model import APP
from emulator.world.world import World
from pipeline.core.model import Key
from tests import inprocess
from tests.property.cases import BUDGET, NOTE, OURS, Case, Cells, cases, key_of
from tests.property.loading import TABLE_ID, Loading, Rows, right

EXAMPLES = 5  # of each of the four tests below, for one of a unit test
NEWEST = date(2026, 3, 3)
Begin = Callable[[Case], Loading]


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """One world and one product for all examples; each begins with an empty store and a table of its own."""
    world = World()
    ctx = inprocess.context(world, TABLE_ID, tmp_path_factory.mktemp("home"))
    with inprocess.quiet():
        yield lambda case: Loading(world, ctx, case)


def try_examples(request: pytest.FixtureRequest, share: int, check: Callable[[Case], None], *, people: bool) -> None:
    """Check as many examples as the profile asks for; it is an error to have had fewer."""
    wanted = EXAMPLES * settings().max_examples
    first = request.config.getoption("--first-seed", default=None) or 0
    tried: Counter[str] = Counter()

    @seed(first * 1000 + share)
    @settings(max_examples=wanted, derandomize=False, database=None, suppress_health_check=list(HealthCheck))
    @given(cases(NEWEST, people=people))
    def each(case: Case) -> None:
        tried["examples"] += 1
        check(case)

    each()
    assert tried["examples"] >= wanted


@pytest.mark.parametrize("share", range(2))
def test_after_a_load_each_key_is_there_once_and_a_second_load_writes_nothing(
    request: pytest.FixtureRequest, begin: Begin, share: int
) -> None:
    def check(case: Case) -> None:
        assert_a_load_does_what_it_promises(begin(case))

    try_examples(request, share, check, people=False)


@pytest.mark.parametrize("share", range(2))
def test_whatever_people_do_between_its_calls_nothing_is_doubled_and_the_next_load_makes_it_whole(
    request: pytest.FixtureRequest, begin: Begin, share: int
) -> None:
    def check(case: Case) -> None:
        loading = begin(case)
        before = loading.rows()
        for deed in case.deeds:
            loading.ask(deed)
        loaded, verified = loading.run()
        # what is written for a type that the column no longer has is refused, and that load says so
        assert loaded.trouble is None or any(deed.what == "retype" for deed in case.deeds)
        assert_nothing_was_doubled(loading, before)
        assert_peoples_columns_are_as_they_left_them(loading, before)
        if verified.verified:
            assert_the_source_is_there(loading, Counter())
        loading.world.steps.clear()
        assert_a_load_does_what_it_promises(loading)

    try_examples(request, share, check, people=True)


def assert_a_load_does_what_it_promises(loading: Loading) -> None:
    """Load, and load once more, while nobody else is at the table."""
    before, prior = loading.rows(), Counter(map(key_of, loading.rows().values()))
    keys = [row.key for row in loading.case.source()]
    loaded, verified = loading.run()
    assert loaded.trouble is None
    assert verified.trouble is None
    assert loaded.created == sum(not prior[key] for key in keys)
    assert_the_source_is_there(loading, prior)
    assert_the_rest_is_as_it_was(loading, before)
    duplicates = sum(max(0, prior[key] - 1) for key in keys)
    assert sum(day.duplicates for day in verified.agreements) == duplicates
    assert verified.verified == (not duplicates)
    again = loading.load()
    assert (again.created, again.updated, again.unchanged, again.trouble) == (0, 0, len(keys), None)
    assert loading.writes() == 0


def assert_the_source_is_there(loading: Loading, prior: Counter[Key | None]) -> None:
    """Each key of the source once with its figures; of rows that were there twice before, the oldest has them."""
    found = loading.keys()
    for row in loading.case.source():
        there = found.get(row.key, [])
        assert len(there) == max(1, prior[row.key]), row.key
        assert right(there[0], loading.case, row.key), (row, there[0])


def assert_the_rest_is_as_it_was(loading: Loading, before: Rows) -> None:
    """Every row is still there; the cells of people's columns, and whole rows that are not the source's, are the same.

    The same holds for rows that came second under their key.
    """
    after, ours = loading.rows(), {row.key for row in loading.case.source()}
    for record_id, cells in before.items():
        key = key_of(cells)
        kept = OURS if key in ours else ()
        assert {name: cell for name, cell in after[record_id].items() if name not in kept} == {
            name: cell for name, cell in cells.items() if name not in kept
        }
        ours.discard(key)  # of several rows the oldest only
    assert {key_of(after[record_id]) for record_id in after.keys() - before.keys()} <= ours


def assert_nothing_was_doubled(loading: Loading, before: Rows) -> None:
    """The load created no key twice, and none whose row was there before and still is."""
    created = [
        key_of(cells)
        for record_id, cells in loading.rows().items()
        if record_id not in before and loading.table.records[record_id].created_by == APP
    ]
    still = {key_of(cells) for record_id, cells in before.items() if record_id in loading.table.records}
    assert len(set(created)) == len(created)
    assert not set(created) & still


def assert_peoples_columns_are_as_they_left_them(loading: Loading, before: Rows) -> None:
    """Nobody but people changed a cell of their columns; a column that was renamed meanwhile is the same column."""
    edits = {f"改{deed.row}" for deed in loading.case.deeds if deed.what == "edit theirs"}
    for record_id, cells in loading.rows().items():
        was = before.get(record_id, cells)
        assert cells.get(NOTE) in {was.get(NOTE), *edits}
        assert _budget(cells) == _budget(was)


def _budget(cells: Cells) -> object:
    return next((cell for name, cell in cells.items() if name.startswith(BUDGET)), None)
