from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.core.accounts.roster import Member, Roster
from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.coverage.letters import Line, Lines
from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayState
from pipeline.core.overview.registers.accounts import Use, listed, matching, shown
from pipeline.core.runs.absence import Absence

NOW = datetime(2026, 3, 15, 2, 0, tzinfo=UTC)
NAMES = {"1834": "蜀香小馆", "1835": "南门烤鱼", "1836": "A 店", "1837": "停用店"}
ABSENT = {"1835": Absence(NOW - timedelta(days=9)), "1836": Absence(NOW - timedelta(days=1))}


def test_those_that_somebody_should_see_to_come_first() -> None:
    found = listed(NAMES, None, ABSENT, {"1837"}, NOW)
    assert [(one.id, one.use) for one in found] == [
        ("1835", Use.PARKED),
        ("1836", Use.UNREADABLE),
        ("1834", Use.SYNCED),
        ("1837", Use.DISABLED),
    ]
    assert [one.since for one in found] == [ABSENT["1835"].since, ABSENT["1836"].since, None, None]


def test_a_disabled_account_is_disabled_even_if_it_cannot_be_read() -> None:
    assert [one.use for one in listed({"1835": "南门烤鱼"}, None, ABSENT, {"1835"}, NOW)] == [Use.DISABLED]


def test_each_says_where_it_was_found() -> None:
    roster = Roster(at=NOW, members=(Member(id="1834", name="蜀香小馆", called="x", ways=("来客", "工作台")),))
    ways = {one.id: one.ways for one in listed(NAMES, roster, {}, (), NOW)}
    assert (ways["1834"], ways["1835"]) == (("来客", "工作台"), ("settings",))


@pytest.mark.parametrize(("text", "ids"), [("", 4), ("小馆", 1), ("a", 1), ("183", 4), (" 1836 ", 1), ("<b>", 0)])
def test_a_search_finds_by_name_or_id(text: str, ids: int) -> None:
    assert len(matching(listed(NAMES, None, {}, (), NOW), text)) == ids


def loaded(cost: str) -> DayCoverage:
    return DayCoverage(Loaded(3, cost, "sum", NOW))


def test_an_account_is_shown_with_what_it_spent_and_how_its_newest_day_ended() -> None:
    accounts = listed({"1834": "蜀香小馆", "1835": "南门烤鱼"}, None, {}, (), NOW)
    failed = LastOutcome(state=DayState.FAILED, what_to_do="请重新授权")
    lately = {
        AccountDay("1834", date(2026, 3, 13)): loaded("10.50"),
        AccountDay("1834", date(2026, 3, 14)): DayCoverage(loaded("2.00").loaded, failed),
        AccountDay("1834", date(2026, 3, 15)): DayCoverage(last=LastOutcome(state=DayState.OPEN)),
    }
    one, other = shown(accounts, {"1834": (Lines(loaded=Line.read(b"2026-03            LL")),), "1835": ()}, lately)
    assert one.first_covered == date(2026, 3, 13)
    assert (one.last_covered, one.cost, one.trouble) == (date(2026, 3, 14), Decimal("12.50"), failed)
    assert other.first_covered is None
    assert (other.last_covered, other.cost, other.newest, other.trouble) == (None, None, None, None)


def test_a_newest_day_that_is_good_is_no_trouble() -> None:
    accounts = listed({"1834": "蜀香小馆"}, None, {}, (), NOW)
    (one,) = shown(accounts, {"1834": (Lines(),)}, {AccountDay("1834", date(2026, 3, 14)): loaded("1")})
    assert (one.newest is not None, one.trouble) == (True, None)
