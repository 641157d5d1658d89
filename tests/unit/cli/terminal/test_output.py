import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cli.terminal.output import (
    DONE,
    FAILED,
    IN_PART,
    PERSON_NEEDED,
    WRONG_USAGE,
    exit_code,
    open_run_document,
    print_json,
    run_document,
    tell,
)
from cli.terminal.summary import print_summary
from pipeline.core import errors
from pipeline.core.causes import cure_of
from pipeline.core.coverage.aftermath import TableEnd, aftermath
from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.errors import AccountUnavailable, LaikeError, NeedsPerson, TableFull, Trouble, WrongInput
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.runs.summary import with_further

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
GONE = AccountUnavailable("no such advertiser", code=40300).trouble()


def account(trouble: Trouble | None = None, **facts: object) -> AccountResult:
    known: dict[str, Any] = {
        "id": "1800000000000001",
        "name": "城东店",
        "state": DayState.FAILED if trouble else DayState.LOADED,
        "rows": 2,
        "cost": Decimal("118.3"),
        "window_rows": 9,
        "window_cost": Decimal("1E+3"),
    }
    return AccountResult(trouble=trouble, **(known | facts))


def summary(state: RunState, *accounts: AccountResult, trouble: Trouble | None = None, **facts: Any) -> Summary:  # noqa: ANN401 a summary's own fields
    return Summary(
        run_id="daily-2026-02-11",
        state=state,
        day=DAY,
        days=DayRange(DAY - timedelta(days=1), DAY),
        accounts=accounts,
        trouble=trouble,
        started_at=NOW,
        ended_at=NOW,
        **facts,
    )


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (RunState.SUCCESS, DONE),
        (RunState.PARTIAL, IN_PART),
        (RunState.FAILED, FAILED),
        (RunState.INTERRUPTED, FAILED),
    ],
)
def test_each_end_of_a_run_has_its_exit_code(state: RunState, code: int) -> None:
    assert exit_code(summary(state, account())) == code


def test_the_exit_codes_are_those_that_scripts_rely_on() -> None:
    assert (DONE, IN_PART, WRONG_USAGE, FAILED, PERSON_NEEDED) == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("state", [RunState.PARTIAL, RunState.FAILED])
def test_what_only_a_person_can_mend_has_a_code_of_its_own(state: RunState) -> None:
    assert exit_code(summary(state, trouble=TableFull("full").trouble())) == PERSON_NEEDED
    assert exit_code(summary(state, account(NeedsPerson("expired").trouble()))) == PERSON_NEEDED
    assert exit_code(summary(state, account(GONE))) != PERSON_NEEDED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WrongInput("--day is not a day"), WRONG_USAGE),
        (NeedsPerson("expired"), PERSON_NEEDED),
        (errors.StoreUnreachable("Redis at h:6379 does not answer"), FAILED),
        (errors.NoWorker("no worker answered"), FAILED),
    ],
)
def test_an_error_is_told_on_stderr_with_its_code(
    error: LaikeError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(error) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert error.message in said.err


def test_an_error_says_what_to_do_unless_its_message_does(capsys: pytest.CaptureFixture[str]) -> None:
    tell(NeedsPerson("expired", what_to_do="请重新授权。"))
    assert "→ 请重新授权。" in capsys.readouterr().err
    tell(WrongInput("--day is not a day"))
    assert "→" not in capsys.readouterr().err


def test_words_in_brackets_are_told_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    tell(NeedsPerson("the service said [bold]no[/bold]"))
    assert "[bold]no[/bold]" in capsys.readouterr().err


def test_ids_and_money_are_text_in_the_document() -> None:
    document = run_document(summary(RunState.PARTIAL, account(GONE), created=3, verified=True))
    assert document["accounts"] == [
        {
            "id": "1800000000000001",
            "name": "城东店",
            "state": "failed",
            "rows": 2,
            "cost": "118.30",
            "outside": "0.00",
            "restated": False,
            "reason": "account_unavailable: no such advertiser",
            "what_to_do": cure_of("account_unavailable"),
            "window": {"rows": 9, "cost": "1000.00"},
        }
    ]
    assert (document["run_id"], document["state"], document["day"]) == ("daily-2026-02-11", "partial", "2026-02-11")
    assert document["days"] == ["2026-02-10", "2026-02-11"]
    assert (document["created"], document["updated"], document["verified"]) == (3, 0, True)
    assert (document["reason"], document["what_to_do"]) == (None, None)


def test_the_document_of_a_run_names_its_trouble_and_warnings() -> None:
    full = TableFull("20001 rows").trouble()
    document = run_document(summary(RunState.FAILED, trouble=full, warnings=("w",), view_notes=("v",)))
    assert (document["reason"], document["what_to_do"]) == ("table_full: 20001 rows", cure_of("table_full"))
    assert document["warnings"] == ["w", "v"]


def test_a_run_without_an_end_has_the_names_of_its_accounts_only() -> None:
    days = DayRange(DAY, DAY)
    run = Run(run_id="r", day=DAY, days=days, accounts=(Account("18", "城东店"),), started_at=NOW, deadline=NOW)
    assert open_run_document(run, RunState.RUNNING) == {
        "run_id": "r",
        "kind": "manual",
        "state": "running",
        "started": "2026-02-12T07:00:00+00:00",
        "seconds": None,
        "dry_run": False,
        "day": "2026-02-11",
        "days": ["2026-02-11"],
        "accounts": [{"id": "18", "name": "城东店"}],
    }


def test_a_document_is_one_json_on_stdout_in_readable_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    document = run_document(summary(RunState.SUCCESS, account()))
    print_json(document)
    said = capsys.readouterr()
    assert json.loads(said.out) == document
    assert "城东店" in said.out
    assert said.err == ""


def test_accounts_that_failed_alike_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    failed = [account(GONE, name=name) for name in ("城东店", "城西店")]
    print_summary(summary(RunState.PARTIAL, *failed, account(name="城南店")))
    said = capsys.readouterr().out
    assert said.count("no such advertiser") == 1
    assert "城东店, 城西店: no such advertiser" in said
    assert "not verified" in said


def test_what_a_run_read_and_what_the_table_has_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    names = {"1": "城东店", "2": "城西店", "3": "城南店", "4": "城北店"}
    accounts = [account(None if number == "1" else GONE, id=number, name=name) for number, name in names.items()]
    there = Loaded(7, "48881.29", "c", NOW - timedelta(hours=5))
    doubt = LastOutcome(state=DayState.INCOMPLETE, written=True)
    one = summary(RunState.PARTIAL, *accounts)
    days = {
        "1": DayCoverage(replace(there, as_of=NOW)),
        "2": DayCoverage(there),
        "4": DayCoverage(there, doubt),
    }
    print_summary(one, [TableEnd(end=one, after=aftermath(one, days))])
    said = capsys.readouterr().out
    assert "the table has of 2026-02-11: 7 rows, 48,881.29 元 as of 02-12 15:00\n" in said
    assert "the table has of 2026-02-11: 7 rows, 48,881.29 元 as of 02-12 10:00 (not by this run: 城西店)" in said
    assert "not certain: 城北店" in said
    assert "were never verified: 城南店" in said


def in_two_tables(trouble: Trouble) -> Summary:
    """A run that is good in its first table and failed in a further one."""
    first = summary(RunState.SUCCESS, account(), created=3, verified=True)
    failed = summary(RunState.FAILED, account(trouble), trouble=trouble, table="项目日报")
    return with_further(first, [failed])


def test_the_document_of_a_run_in_several_tables_has_each_of_them() -> None:
    document = run_document(in_two_tables(GONE))
    assert (document["table"], document["state"], document["created"]) == ("单元日报", "partial", 3)
    found = [(one["table"], one["state"], one["created"], one["verified"]) for one in document["tables"]]
    assert found == [("单元日报", "success", 3, True), ("项目日报", "failed", 0, False)]
    assert document["tables"][1]["reason"] == "account_unavailable: no such advertiser"
    shared = {"run_id", "kind", "started", "seconds", "day", "dry_run"}
    alone = run_document(summary(RunState.SUCCESS, account()))
    assert {"table", *alone.keys()} - shared == document["tables"][0].keys()
    assert not {"table", "tables"} & alone.keys()


def test_a_further_table_in_trouble_decides_the_exit_code() -> None:
    assert exit_code(in_two_tables(GONE)) == IN_PART
    assert exit_code(in_two_tables(NeedsPerson("no right").trouble())) == PERSON_NEEDED


def test_a_run_in_several_tables_is_printed_table_by_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(in_two_tables(GONE))
    said = capsys.readouterr().out
    assert "单元日报: success\n" in said
    assert "项目日报: failed\n" in said
    assert "项目日报: no such advertiser" in said
    assert "rows created 3, updated 0, unchanged 0; read back and verified\n" in said
    assert "daily-2026-02-11: partial in 2 tables" in said


def test_an_open_run_in_several_tables_names_them() -> None:
    days = DayRange(DAY, DAY)
    run = Run(run_id="r", day=DAY, days=days, accounts=(Account("18", "城东店"),), started_at=NOW, deadline=NOW)
    document = open_run_document(replace(run, further=(replace(run, table="项目日报"),)), RunState.RUNNING)
    assert [one["table"] for one in document["tables"]] == ["单元日报", "项目日报"]
