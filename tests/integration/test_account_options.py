"""`[accounts.<id>]` of laike.toml: an account that is not to be synced is left alone, and nobody calls it vanished."""

import json
from datetime import time, timedelta

import pytest

from pipeline.core.errors import NeedsPerson, WrongInput
from pipeline.core.outcome import RunState, Summary
from pipeline.steps.accounts.roster import account_count, current_accounts, remembered_accounts
from pipeline.steps.coverage.owed import owed
from pipeline.steps.runs.plan import begin, begin_backfill
from tests.lab import Lab


@pytest.fixture
def free(lab: Lab) -> Lab:
    """A lab whose settings name no account; a day at a time is enough here."""
    lab.extra |= {"LAIKE_ACCOUNTS": "{}", "LAIKE_LOOKBACK_DAYS": "1"}
    return lab


def disable(lab: Lab, *accounts: str) -> None:
    lab.extra["LAIKE_ACCOUNT_OPTIONS"] = json.dumps({one: {"enabled": False} for one in accounts})


def ids(summary: Summary) -> list[str]:
    return [account.id for account in summary.accounts]


def told(summary: Summary, word: str) -> list[str]:
    return [line for line in summary.warnings if word in line]


def test_a_disabled_account_is_neither_fetched_nor_owed_nor_told_as_vanished(free: Lab) -> None:
    off = free.accounts[0]
    assert off in ids(free.sync())
    disable(free, off)
    free.at(time(12, 5), days_later=1)
    calls = len(reports_of(free, off))
    summary = free.sync()
    assert (summary.state, off in ids(summary)) == (RunState.SUCCESS, False)
    assert told(summary, "不在授权范围") == []
    assert len(reports_of(free, off)) == calls
    ctx = free.context()
    assert off not in owed(ctx, current_accounts(ctx).names, free.day + timedelta(days=1))
    assert (account_count(ctx), len(remembered_accounts(ctx).names)) == (6, 6)  # type: ignore[union-attr]


def reports_of(lab: Lab, account_id: str) -> list[object]:
    calls = lab.look("calls")["calls"]
    return [call for call in calls if call["endpoint"].startswith("report.") and account_id in json.dumps(call)]


def test_one_that_is_enabled_again_is_not_told_as_new_and_owes_what_it_missed(free: Lab) -> None:
    off = free.accounts[0]
    free.sync()
    disable(free, off)
    free.at(time(12, 5), days_later=1)
    free.sync()
    disable(free)
    free.at(time(12, 5), days_later=2)
    ctx = free.context()
    assert owed(ctx, [off], free.day + timedelta(days=2))[off] == (
        free.day + timedelta(days=1),
        free.day + timedelta(days=2),
    )
    assert told(free.sync(), "新增") == []


def test_a_disabled_account_that_is_discovered_or_gone_is_not_told(free: Lab) -> None:
    off = free.accounts[0]
    disable(free, off)
    assert len(told(free.sync(), "自动发现 6 个账户")) == 1
    free.control("accounts/remove", {"account_id": off})
    free.at(time(12, 5), days_later=1)
    assert told(free.sync(), "不在授权范围") == []


def test_asked_for_by_its_id_it_is_refused_with_what_to_do(lab: Lab) -> None:
    off = lab.accounts[0]
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({one: lab.facts["accounts"][one] for one in lab.accounts[:2]})
    disable(lab, off)
    ctx = lab.context()
    said = rf"account {off} is disabled: laike.toml has enabled = false below \[accounts.{off}\]"
    with pytest.raises(WrongInput, match=said):
        begin(ctx, None, [off], dry_run=False)
    with pytest.raises(WrongInput, match=said):
        begin_backfill(ctx, lab.day, lab.day, [off])
    day = lab.day.isoformat()
    for words in (("sync", "--local"), ("report", day, day), ("export", day, day, "--format", "csv")):
        refused = lab.laike(*words, "--account", off)
        assert (refused.returncode, "is disabled" in refused.stderr) == (2, True), refused.stderr
    assert lab.calls("report.promotion") == 0


def test_accounts_of_one_name_stay_apart_when_one_of_them_is_disabled(lab: Lab) -> None:
    one, other = lab.accounts[:2]
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({one: "城东店", other: "城东店"})
    before = current_accounts(lab.context()).names
    disable(lab, one)
    assert current_accounts(lab.context()).names == {other: before[other]} == {other: f"城东店 ({other[-4:]})"}


def test_where_every_account_is_disabled_a_person_is_needed(free: Lab) -> None:
    disable(free, *free.accounts)
    with pytest.raises(NeedsPerson, match="every account is disabled"):
        free.sync()


def test_doctor_tells_options_of_an_account_that_there_is_not(free: Lab) -> None:
    free.sync()
    disable(free, "1999")
    found = json.loads(free.laike("doctor", "--json").stdout)
    (line,) = [one for one in found if one["check"] == "accounts.options"]
    assert "1999" in line["says"]
    assert line["state"] == "warning"


def test_the_list_of_accounts_leaves_it_out_and_says_so(free: Lab) -> None:
    off = free.accounts[0]
    free.context()
    disable(free, off)
    document = json.loads(free.laike("accounts", "--json").stdout)
    assert off not in [one["id"] for one in document["accounts"]]
    assert document["disabled"] == [off]
    assert f"disabled in laike.toml: {off}" in free.laike("accounts").stdout
