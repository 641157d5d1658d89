from tests.console.history import (
    NAME,
    STRANGE_DAYS,
    STRANGE_PAGES,
    STRANGE_TEXTS,
    moved,
    statuses,
    strangely_named,
)
from tests.console_desk import Desk
from tests.lab import Lab
from tests.leaks import secrets_of

NOTHING = "最近 90 天没有变更的记录"


def test_before_anything_moved_the_page_says_so(desk: Desk) -> None:
    assert NOTHING in desk.get("/changes").text
    desk.lab.sync()
    assert NOTHING in desk.get("/changes").text


def test_a_page_beyond_the_last_says_nothing_of_those_before(desk: Desk) -> None:
    moved(desk.lab)
    for query in ("page=9", "page=2", "cause=r&page=9"):
        page = desk.get(f"/changes?{query}").text
        assert "没有更多变更" in page
        assert NOTHING not in page
        assert "没有符合条件" not in page


def test_each_change_is_there_with_its_cause_its_run_and_both_figures_and_can_be_found(desk: Desk) -> None:
    moved(desk.lab)
    page = desk.get("/changes").text
    assert page.count("查看运行") == 2
    assert page.count("<b>987</b>") == 1
    assert page.count("数据源修正</span>") == page.count("人工改动，已恢复</span>") == 1
    (newest,) = desk.lab.bare_context().ledger.newest(1)
    assert f"/runs/{newest}" in page
    for query, rows in (
        (f"day={desk.lab.day}", None),
        ("day=2020-01-01", 0),
        ("cause=r", 1),
        ("cause=e", 1),
        ("cause=u", 0),
        (f"account={desk.lab.accounts[0]}", None),
        ("account=no", 0),
        ("text=no", 0),
        ("cause=r&page=2", 0),
    ):
        found = desk.get(f"/changes?{query}").text.count("查看运行")
        assert found == rows if rows is not None else 0 < found <= 2, query
    assert desk.viewer.get("/changes").text.count("查看运行") == 2


def test_no_name_is_markup_and_no_query_breaks_the_page(lab: Lab) -> None:
    with strangely_named(lab) as desk:
        page = desk.get("/changes").text
        assert page.count("查看运行") == 2
        assert NAME not in page
        assert "&lt;script&gt;" in page
        assert not [secret for secret in secrets_of(lab) if secret in page]
        answers = {
            **statuses(desk, "/changes", "day", STRANGE_DAYS),
            **statuses(desk, "/changes", "page", STRANGE_PAGES),
            **statuses(desk, "/changes", "text", STRANGE_TEXTS),
            **statuses(desk, "/changes", "account", STRANGE_TEXTS),
            **statuses(desk, "/changes", "cause", STRANGE_TEXTS),
        }
        assert set(answers.values()) <= {200, 400}, answers
        assert "<script>alert" not in desk.get("/changes", params={"text": NAME, "account": NAME}).text
