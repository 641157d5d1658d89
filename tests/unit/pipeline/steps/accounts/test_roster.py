"""Which accounts a run acts on, and what a person may ask for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.context import Context
from pipeline.core.accounts.account_options import AccountOptions
from pipeline.core.accounts.roster import Member, Roster
from pipeline.core.errors import NeedsPerson, Retryable, WrongInput
from pipeline.core.model import Account
from pipeline.steps.accounts import roster
from pipeline.steps.accounts.roster import account_count, choose, current_accounts, remembered_accounts

NOW = datetime(2026, 2, 2, 7, tzinfo=UTC)
OFF = {"2": AccountOptions(enabled=False)}


def listed(age: timedelta = timedelta(hours=1), *names: str) -> Roster:
    members = [Member(id=str(n), name=name, called=name, ways=()) for n, name in enumerate(names or ("甲", "乙"), 1)]
    return Roster(at=NOW - age, members=tuple(members))


@dataclass
class Site:
    """Settings, and the roster that is remembered."""

    last: Roster | None = None
    accounts: dict[str, str] = field(default_factory=dict)
    options: dict[str, AccountOptions] = field(default_factory=dict)
    brought: int | None = None

    def context(self) -> Context:
        settings = SimpleNamespace(accounts=self.accounts, account_options=self.options)
        rosters = SimpleNamespace(last=lambda: self.last, learn_names=lambda _: None)
        tokens = SimpleNamespace(brought=lambda: self.brought)
        return cast("Context", SimpleNamespace(settings=settings, rosters=rosters, tokens=tokens, now=lambda: NOW))


def finds(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """Let the discovery find these accounts, or none; what it was asked for."""
    asked: list[str] = []

    def discover(*_: object) -> Roster:
        asked.append("discover")
        if not names:
            raise Retryable("the service is away")
        return listed(timedelta(0), *names)

    monkeypatch.setattr(roster, "discover", discover)
    return asked


def test_the_accounts_of_the_settings_cost_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = finds(monkeypatch, "丙")
    assert current_accounts(Site(listed(), {"1": "甲店"}).context()).names == {"1": "甲店"}
    assert asked == []


def test_a_young_roster_is_used_without_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = finds(monkeypatch, "丙")
    assert current_accounts(Site(listed()).context()).names == {"1": "甲", "2": "乙"}
    assert asked == []


@pytest.mark.parametrize(
    ("site", "anew"),
    [
        (Site(), False),
        (Site(listed(timedelta(hours=23))), False),
        (Site(listed(timedelta(hours=-1))), False),
        (Site(listed(), brought=7), False),
        (Site(listed()), True),
    ],
    ids=["none", "a day old", "from the future", "a new authorization", "asked for anew"],
)
def test_other_rosters_are_discovered_anew(
    monkeypatch: pytest.MonkeyPatch,
    site: Site,
    anew: bool,  # noqa: FBT001 a table
) -> None:
    finds(monkeypatch, "丙")
    assert current_accounts(site.context(), anew=anew).names == {"1": "丙"}


def test_where_the_discovery_fails_the_old_roster_is_used_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch)
    found = current_accounts(Site(listed(timedelta(days=2))).context())
    assert found.names == {"1": "甲", "2": "乙"}
    assert found.trouble
    assert found.trouble.message == "the service is away"
    with pytest.raises(Retryable):
        current_accounts(Site().context())


def test_a_disabled_account_is_not_acted_on_and_all_disabled_are_an_error() -> None:
    assert current_accounts(Site(listed(), options=OFF).context()).names == {"1": "甲"}
    with pytest.raises(NeedsPerson, match="all 1"):
        current_accounts(Site(accounts={"2": "乙"}, options=OFF).context())


def test_what_is_remembered_is_told_without_a_call() -> None:
    assert remembered_accounts(Site().context()) is None
    assert (account_count(Site().context()), account_count(Site(listed()).context())) == (1, 2)


def test_a_person_asks_for_accounts_by_id_or_by_name() -> None:
    ctx = Site(listed(), options=OFF).context()
    assert choose(ctx, {"1": "甲"}, ["甲"]) == choose(ctx, {"1": "甲"}, []) == (Account("1", "甲"),)


@pytest.mark.parametrize(("wanted", "words"), [("2", "disabled"), ("乙", "disabled"), ("丁", "unknown account")])
def test_a_disabled_and_an_unknown_account_are_told_apart(wanted: str, words: str) -> None:
    with pytest.raises(WrongInput, match=words):
        choose(Site(listed(), options=OFF).context(), {"1": "甲"}, [wanted])
