import csv
import io
from datetime import timedelta

import openpyxl

from tests.console.history import NAME, STRANGE_DAYS, STRANGE_PAGES, statuses, strangely_named
from tests.console_desk import Desk
from tests.lab import Lab
from tests.leaks import secrets_of

FORMS = ("html", "xlsx", "csv")


def test_without_accounts_the_page_says_what_comes_first(desk: Desk) -> None:
    desk.lab.extra["LAIKE_ACCOUNTS"] = "{}"
    assert desk.get("/reports").status_code == 200


def test_a_range_is_summed_and_its_files_hold_the_table_s_rows(desk: Desk) -> None:
    lab = desk.lab
    lab.sync()
    first, last = lab.day - timedelta(days=2), lab.day
    query = f"first={first}&last={last}"
    rows = lab.source(first, last)
    cost = sum(float(row["stat_cost"]) for row in rows.values())
    page = desk.get(f"/reports?{query}").text
    assert f"{cost:,.2f}" in page
    assert f"{len(rows):,}" in page
    for visitor in (desk, desk.viewer):
        html, xlsx, text = (visitor.get(f"/reports/file/{form}?{query}") for form in FORMS)
        assert [one.status_code for one in (html, xlsx, text)] == [200, 200, 200]
        assert f"laike-report-{first}-{last}.html" in html.headers["Content-Disposition"]
        assert all(one.headers["Content-Disposition"].startswith("attachment;") for one in (html, xlsx, text))
        assert all(int(one.headers["Content-Length"]) == len(one.content) for one in (html, xlsx, text))
        assert f"{cost:,.2f}" in html.text
        read = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))
        ids = {row["单元ID"] for row in read if row["单元ID"]}
        assert {key.item_id for key in rows} <= ids
        assert not [row for row in read if row["单元名称"][:1] in {"=", "+", "-", "@"}]
        sheet = openpyxl.load_workbook(io.BytesIO(xlsx.content), read_only=True).worksheets[0]
        assert sum(1 for _ in sheet.iter_rows()) == len(read) + 1


def test_what_nobody_knows_is_not_zero_and_no_full_comparison(desk: Desk) -> None:
    page = desk.get("/reports").text
    assert "没有这段日期已入库的数据" in page
    assert "0.00" not in page
    desk.lab.sync()
    day = desk.lab.day
    whole = desk.get(f"/reports?first={day}&last={day}").text
    assert ("没有记录" in whole, "这段日期的数据已全部入库" in whole) == (False, True)
    page = desk.get(f"/reports?first={day - timedelta(days=4)}&last={day}").text
    assert f"上一时段有 {3 * len(desk.lab.accounts)} 个“账户×天”没有记录" in page  # a week is loaded at first
    page = desk.get(f"/reports?first={day - timedelta(days=9)}&last={day}").text
    assert "合计只含已入库的部分" in page
    assert f"共 {3 * len(desk.lab.accounts)} 个“账户×天”" in page


def test_a_file_of_days_before_the_first_one_says_of_which_nothing_is_recorded(desk: Desk) -> None:
    desk.lab.sync()
    first = desk.lab.day - timedelta(days=29)
    files = [desk.get(f"/reports/file/{form}?first={first}&last={desk.lab.day}") for form in FORMS]
    assert [one.status_code for one in files] == [200, 200, 200]
    accounts = len(desk.lab.accounts)
    assert f"{(30 - 7) * accounts} 个“账户×天”没有记录" in files[0].text  # a week is loaded at first
    assert files[0].text.count(f"{accounts} 个账户无记录") == 30 - 7
    assert files[0].text.count("<td>是</td>") == 7


def test_days_that_are_not_whole_are_told(desk: Desk) -> None:
    desk.lab.fault("report.promotion", "code", code=40002, times=1)
    desk.lab.sync()
    page = desk.get(f"/reports?first={desk.lab.day}&last={desk.lab.day}").text
    assert "1 天数据不完整，合计偏低" in page
    assert desk.lab.day.isoformat() in page


def test_nothing_that_is_asked_for_becomes_a_path_or_breaks_the_page(lab: Lab) -> None:
    with strangely_named(lab) as desk:
        page = desk.get("/reports").text
        assert NAME not in page
        assert "&lt;script&gt;" in page
        assert NAME.encode() not in desk.get("/reports/file/html").content
        assert not [secret for secret in secrets_of(lab) if secret in page]
        answers = {
            **statuses(desk, "/reports", "first", STRANGE_DAYS),
            **statuses(desk, "/reports", "last", STRANGE_DAYS),
            **statuses(desk, "/reports", "page", STRANGE_PAGES),
            **statuses(desk, "/reports/file/csv", "first", STRANGE_DAYS),
        }
        assert set(answers.values()) <= {200, 400}, answers
        assert desk.get(f"/reports?last={lab.day + timedelta(days=1)}").status_code == 400
        assert desk.get(f"/reports?first={lab.day}&last={lab.day - timedelta(days=1)}").status_code == 400
        assert desk.get(f"/reports?first={lab.day - timedelta(days=400)}&last={lab.day}").status_code == 400
        for form in ("..%2f..%2fetc%2fpasswd", "../../etc/passwd", "jsonl", "html%00", "%2e%2e", "csv;x", "py"):
            assert desk.get(f"/reports/file/{form}").status_code == 404, form
        assert desk.get("/reports/file/csv?name=../../x&to=/tmp/x").headers["Content-Disposition"].count("/") == 0
