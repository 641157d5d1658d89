"""Views are found, made, repaired and told apart, whatever the service or people do."""

import json
from datetime import timedelta

import pytest

from pipeline.core.outcome import RunState
from tests.integration.test_a_careful_guest import Plain, conditions_of, views_of
from tests.lab import Lab


def on_the_note(lab: Lab) -> Plain:
    """A filter of a person's own."""
    table = next(table for table in lab.look("state")["tables"] if table["table_id"] == lab.table_id)
    note = next(field for field in table["fields"] if field["field_name"] == "备注")
    condition = {"field_id": note["field_id"], "operator": "isNotEmpty", "value": "[]"}
    return {"conjunction": "and", "conditions": [condition]}


def named(lab: Lab, names: dict[str, str]) -> None:
    """Let accounts have other names."""
    accounts = {**lab.facts["accounts"], **names}
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps(accounts, ensure_ascii=False)


def test_names_are_cleaned_cut_and_told_apart(either: Lab) -> None:
    first, second, third, *_ = either.accounts
    named(either, {first: "[城东]店", second: "【城东】店", third: "长" * 120})
    assert either.sync().state == RunState.SUCCESS
    found = views_of(either)
    wanted = {f"【城东】店 ({first[-4:]})", f"【城东】店 ({second[-4:]})", "长" * 100}
    assert wanted <= found.keys()
    assert all(len(conditions_of(found[name])) == 1 for name in wanted)


def test_a_persons_view_of_the_same_name_with_another_purpose_is_not_taken(lab: Lab) -> None:
    account = lab.accounts[0]
    name = lab.facts["accounts"][account]
    lab.control("views/add", {"table_id": lab.table_id, "name": name, "filter_info": on_the_note(lab)})
    theirs = views_of(lab)[name]
    lab.sync(lab.day)
    assert views_of(lab)[name] == theirs
    assert len(conditions_of(views_of(lab)[f"{name} ({account[-4:]})"])) == 1
    lab.context().client.flushdb()
    before = views_of(lab)
    lab.sync(lab.day)
    assert views_of(lab) == before


def test_a_personal_view_that_the_app_cannot_see_only_takes_the_name(lab: Lab) -> None:
    account = lab.accounts[0]
    name = lab.facts["accounts"][account]
    lab.control("views/add", {"table_id": lab.table_id, "name": name, "personal": True})
    assert lab.sync(lab.day).state == RunState.SUCCESS
    assert len(conditions_of(views_of(lab)[f"{name} ({account[-4:]})"])) == 1


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "garbage"])
@pytest.mark.parametrize("endpoint", ["views.create", "views.patch"])
def test_a_view_whose_answer_is_lost_is_there_once_and_filters(lab: Lab, endpoint: str, kind: str) -> None:
    lab.fault(endpoint, kind, times=1)
    lab.sync()
    found = views_of(lab)
    assert len(found) == 2 + len(lab.accounts)
    assert all(len(conditions_of(found[name])) == 1 for name in lab.facts["accounts"].values())


def test_a_filter_that_does_not_read_back_is_told_and_repaired_by_the_next_run(lab: Lab) -> None:
    account = lab.accounts[0]
    name = lab.facts["accounts"][account]
    for call in (1, 2):  # somebody takes the filter out each time, before it is read back
        lab.before(
            "views.get", "views/filter", {"table_id": lab.table_id, "view_name": name, "filter_info": None}, call
        )
    notes = lab.view_notes(lab.sync(lab.day, [account]))
    assert notes == (f"视图筛选未生效：{name}",)
    again = lab.sync(lab.day, [account])
    assert again.view_notes == notes  # on the card, since nobody heard of it before
    assert lab.view_notes(again) == (f"修复视图：{name}",)
    assert lab.sync(lab.day, [account]).view_notes == ()
    assert len(conditions_of(views_of(lab)[name])) == 1


def test_of_more_than_20_new_views_the_others_wait_and_are_told(lab: Lab) -> None:
    lab.control("accounts/add", {"count": 20, "promotions": 1})
    notes = lab.view_notes(lab.sync())
    assert "还有 7 个视图待处理，下次运行时继续" in notes
    assert len(views_of(lab)) == 2 + 20
    assert not any("待处理" in note for note in lab.view_notes(lab.sync(lab.day)))
    assert len(views_of(lab)) == 2 + 27


def filled(lab: Lab, count: int, *, personal: bool) -> None:
    """Let people have made so many views."""
    for number in range(count):
        lab.control("views/add", {"table_id": lab.table_id, "name": f"自建{number}", "personal": personal})


def test_near_the_limit_only_accounts_with_cost_get_a_view_and_the_rest_is_told(lab: Lab) -> None:
    filled(lab, 175, personal=False)
    spent = {str(row["local_account_id"]) for row in lab.source().values() if float(row["stat_cost"])}
    idle = set(lab.accounts) - spent
    summary = lab.sync(lab.day)
    assert idle
    assert f"视图数接近上限 200 个，{len(idle)} 个账户未建视图" in lab.view_notes(summary)
    names = lab.facts["accounts"]
    assert {number for number in lab.accounts if names[number] in views_of(lab)} == spent


def test_a_limit_that_personal_views_use_up_unseen_ends_the_making_and_fails_nothing(lab: Lab) -> None:
    filled(lab, 196, personal=True)
    summary = lab.sync()
    assert summary.state == RunState.SUCCESS
    assert any("视图数接近上限 200 个，5 个账户未建视图" in note for note in lab.view_notes(summary))
    assert len([name for name in lab.facts["accounts"].values() if name in views_of(lab)]) == 2


def test_every_filter_is_read_once_a_week_however_many_runs_a_day_has(lab: Lab) -> None:
    lab.sync()
    newest, seen = lab.day, []
    offset = float(lab.extra["LAIKE_CLOCK_OFFSET_S"])
    for day in range(1, 9):
        for hours in (0, 3):
            shifted = offset + timedelta(days=day, hours=hours).total_seconds()
            lab.control("settings", {"clock_offset_s": shifted})
            lab.extra["LAIKE_CLOCK_OFFSET_S"] = str(shifted)
            before = lab.calls("views.get")
            lab.sync(newest)
            seen.append(lab.calls("views.get") - before)
    assert seen[:14] == [1, 0] * 7
    assert sum(seen[2:]) == len(lab.accounts)
