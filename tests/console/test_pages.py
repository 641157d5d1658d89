"""What holds for every page of the console."""

import pytest

from pipeline.state import keys
from tests.console_desk import Desk, Visitor
from tests.people import ACTOR


def test_a_person_logs_in_by_the_form_and_sees_the_first_page(desk: Desk) -> None:
    answer = Visitor(desk.url, ACTOR).log_in().get("/")
    assert answer.status_code == 200
    assert "今日" in answer.text
    assert "wang" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nowhere", 404, "没有这个页面"),
        ("GET", "/runs/read/../../../etc/passwd", 404, "没有这个页面"),
        ("POST", "/coverage", 405, "不能这样打开这个网址"),
        ("GET", "/logout", 405, "不能这样打开这个网址"),
    ],
)
def test_what_is_no_page_is_told_in_words_and_replaces_no_part_of_a_page(
    desk: Desk, method: str, path: str, status: int, words: str
) -> None:
    answer = desk.session.request(method, desk.url + path, timeout=10)
    assert answer.status_code == status
    assert words in answer.text
    assert answer.headers["HX-Reswap"] == "none"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_what_redis_holds_of_another_kind_is_told_in_words(desk: Desk) -> None:
    desk.workers.ctx.client.set(keys.RUNS, "no sorted set")
    answer = desk.get("/runs")
    assert answer.status_code == 200
    assert keys.RUNS in answer.text
    assert "请联系维护人员" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
