"""The pages: what a person sees of tables, views, states and cards."""

import json
import re
from html.parser import HTMLParser

from hypothesis import HealthCheck, example, given, settings

from emulator.world.world import World
from tests.emulator.client import TYPED, Client
from tests.hostile import TEXTS

DAY_MS = 1_736_870_400_000


def page(emulator: Client, path: str = "/", **query: str) -> str:
    answer = emulator.send("GET", path, params=query)
    assert answer.status_code == 200
    return answer.text


def grid(html: str) -> str:
    found = re.search(r'<table id="grid".*?</table>', html, re.DOTALL)
    return found[0] if found else ""


def rows(html: str) -> int:
    return grid(html).count("data-record-id")


def total(html: str) -> str:
    return str(re.findall(r'data-total="(\d+)"', html)[0])


def fill(emulator: Client, count: int, account: str = "蜀香小馆") -> None:
    row = {"账户名称": account, "时间": DAY_MS, "消耗(元)": 1.25}
    listed = [{**row, "单元ID": str(number), "单元名称": f"<i>{account}</i>"} for number in range(count)]
    emulator.control("rows/insert", {"table_id": emulator.facts[TYPED], "rows": listed, "by": "app"})


def test_every_table_of_the_base_has_a_tab_and_a_grid(emulator: Client) -> None:
    made = {"table": {"name": "广告日报 2026-06", "fields": [{"field_name": "单元ID", "type": 1}]}}
    table_id = emulator.base("POST", "/tables", json=made).json()["data"]["table_id"]
    tabs = re.findall(r'<a href="\?table=([^"&]+)"[^>]*>([^<]+) <span', page(emulator))
    assert [name for _, name in tabs] == ["广告日报", "广告日报（文本）", "广告日报 2026-06"]
    assert tabs[-1][0] == table_id
    assert "这个视图里还没有记录" in page(emulator, table=table_id)


def test_the_page_counts_rows_and_sums_cost(emulator: Client) -> None:
    fill(emulator, 3)
    html = page(emulator)
    assert (rows(html), total(html)) == (4, "4")
    assert "消耗合计" in html
    assert '<b id="cost">3.75</b>' in html


def test_names_are_text_and_never_markup(emulator: Client) -> None:
    fill(emulator, 1)
    assert "<i>" not in grid(page(emulator))
    assert "&lt;i&gt;蜀香小馆" in grid(page(emulator))


def test_a_view_applies_its_filter_and_its_hidden_fields(emulator: Client) -> None:
    fill(emulator, 2)
    fill(emulator, 3, "南门烤鱼")
    field_id = emulator.field_id("账户名称")
    listed = emulator.look("state")["tables"][0]["fields"]
    options = {o["name"]: o["id"] for f in listed if f["field_id"] == field_id for o in f["property"]["options"]}
    condition = {"field_id": field_id, "operator": "is", "value": json.dumps([options["南门烤鱼"]])}
    body = {
        "table_id": emulator.facts[TYPED],
        "name": "南门烤鱼",
        "filter_info": {"conjunction": "and", "conditions": [condition]},
        "hidden_fields": [emulator.field_id("备注")],
    }
    view_id = emulator.control("views/add", body)["view_id"]
    without, within = page(emulator), page(emulator, table=emulator.facts[TYPED], view=view_id)
    assert (total(without), total(within)) == ("6", "3")
    assert ("备注" in grid(without), "备注" in grid(within)) == (True, False)
    assert "蜀香小馆" not in grid(within)


def test_a_page_has_200_rows_and_the_next_the_rest(emulator: Client) -> None:
    fill(emulator, 250)
    first, second = page(emulator), page(emulator, page="2")
    assert (rows(first), rows(second), total(second)) == (200, 51, "251")
    assert 'rel="next"' in first
    assert 'rel="prev"' in second


def test_the_newest_day_comes_first(emulator: Client) -> None:
    fill(emulator, 1)
    emulator.control("rows/insert", {"table_id": emulator.facts[TYPED], "fields": {"时间": DAY_MS + 86_400_000}})
    days = re.findall(r"2025/01/\d\d", grid(page(emulator)))
    assert days == ["2025/01/16", "2025/01/15"]


def test_an_unknown_table_is_not_found(emulator: Client) -> None:
    assert emulator.send("GET", "/?table=tblNone").status_code == 404
    assert emulator.send("GET", "/?view=vewNone").status_code == 404


def status_table(emulator: Client) -> None:
    columns = [{"field_name": "键", "type": 1}, {"field_name": "日期", "type": 5}, {"field_name": "状态", "type": 3}]
    made = emulator.base("POST", "/tables", json={"table": {"name": "同步状态", "fields": columns}}).json()["data"]
    states = ["成功", "失败", "不完整", "无数据", "进行中"]
    listed = [{"键": str(number), "日期": DAY_MS, "状态": state} for number, state in enumerate(states)]
    emulator.control("rows/insert", {"table_id": made["table_id"], "rows": listed, "by": "app"})


def test_the_status_table_is_shown_in_colours(emulator: Client) -> None:
    assert 'id="status"' not in page(emulator)
    status_table(emulator)
    html = page(emulator)
    for tone in ("good", "bad", "warn", "calm", "live"):
        assert f'<tr class="{tone}" data-status-record-id=' in html


def send_card(emulator: Client) -> None:
    header = {"title": {"tag": "plain_text", "content": "日报 <b>"}, "template": "orange"}
    elements = [
        {"tag": "markdown", "content": "**合计** <font color='red'>12.50</font> 元 <script>\n- 一行"},
        {"tag": "table", "columns": [{"name": "a", "display_name": "账户"}], "rows": [{"a": "蜀香小馆"}]},
        {"tag": "column_set", "columns": [{"tag": "column", "elements": [{"tag": "markdown", "content": "内层"}]}]},
        {"tag": "chart", "chart_spec": {"type": "line", "title": {"text": "走势"}}},
        {"tag": "button", "text": {"tag": "plain_text", "content": "打开"}},
    ]
    card = {"schema": "2.0", "header": header, "body": {"elements": elements}}
    answer = emulator.send("POST", emulator.facts["webhook_path"], json={"msg_type": "interactive", "card": card})
    assert answer.json()["code"] == 0


def test_a_card_looks_about_as_in_feishu(emulator: Client) -> None:
    send_card(emulator)
    html = page(emulator)
    assert '<header class="t-orange">日报 &lt;b&gt;' in html
    assert "<b>合计</b>" in html
    assert '<span class="red">12.50</span>' in html
    assert "<script>" not in html
    for part in ("账户", "内层", "走势", "打开", '<div class="bullet">一行</div>'):
        assert part in html


def shown(emulator: Client, *elements: dict[str, object]) -> str:
    """The page with a card of these elements."""
    card = {"schema": "2.0", "body": {"elements": list(elements)}}
    answer = emulator.send("POST", emulator.facts["webhook_path"], json={"msg_type": "interactive", "card": card})
    assert answer.json()["code"] == 0, answer.text
    return page(emulator)


def test_a_chart_is_drawn_and_a_value_that_is_null_is_a_gap(emulator: Client) -> None:
    values = [{"day": "02-09", "cost": 10.5}, {"day": "<i>", "cost": None}, {"day": "02-11", "cost": 21}]
    spec = {"type": "bar", "title": {"text": "消耗"}, "data": {"values": values}, "xField": "day", "yField": "cost"}
    bars = shown(emulator, {"tag": "chart", "chart_spec": spec})
    assert (bars.count("<rect"), "<title>10.50</title>" in bars, "&lt;i&gt;" in bars) == (2, True, True)
    assert shown(emulator, {"tag": "chart", "chart_spec": {**spec, "type": "line"}}).count("<polyline") == 2


def test_a_table_shows_numbers_by_their_format_and_the_other_pages_folded(emulator: Client) -> None:
    columns = [
        {"name": "a", "data_type": "number", "format": {"precision": 2, "separator": True, "symbol": "¥"}},
        {"name": "b", "data_type": "number"},
        {"name": "c", "data_type": "markdown"},
    ]
    html = shown(
        emulator,
        {"tag": "table", "page_size": 2, "columns": columns, "rows": [{"a": 1234.5, "b": 7, "c": "**x**"}] * 5},
    )
    assert "¥1,234.50" in html
    assert "<b>x</b>" in html
    assert "第 1 / 3 页，其余 3 行" in html


def test_a_button_opens_its_page_and_nothing_but_a_page(emulator: Client) -> None:
    def button(url: str) -> dict[str, object]:
        behaviors = [{"type": "open_url", "default_url": url}]
        return {"tag": "button", "text": {"tag": "plain_text", "content": "打开"}, "behaviors": behaviors}

    html = shown(emulator, button("https://x.feishu.cn/base/b?table=tbl1"), button("javascript:alert(1)"))
    assert html.count('href="https://x.feishu.cn/base/b?table=tbl1"') == 1
    assert "javascript:" not in html


def test_a_snapshot_stands_alone(emulator: Client) -> None:
    fill(emulator, 250)
    status_table(emulator)
    send_card(emulator)
    html = page(emulator, "/snapshot", table=emulator.facts[TYPED])
    assert (rows(html), total(html)) == (200, "251")
    assert not re.findall(r'(?:src|href)="(?!https?://)', html)
    assert "<link" not in html
    assert 'id="status"' in html
    assert "t-orange" in html


def test_each_cell_says_its_column_for_a_phone(emulator: Client) -> None:
    fill(emulator, 1)
    assert '<td data-label="消耗(元)" class="num">1.25</td>' in grid(page(emulator))


def test_a_day_is_shown_as_its_column_shows_it(emulator: Client) -> None:
    formatted = {"name": "截至", "type": 5, "property": {"date_formatter": "yyyy/MM/dd HH:mm"}}
    emulator.control("columns/add", {"table_id": emulator.facts[TYPED], **formatted})
    emulator.control("rows/insert", {"table_id": emulator.facts[TYPED], "fields": {"截至": DAY_MS + 90_000}})
    assert "2025/01/15 00:01" in grid(page(emulator))


def test_promotions_of_the_demo_have_plain_names() -> None:
    promotions = [one for account in World().oceanengine.source.accounts.values() for one in account.promotions]
    assert all(re.fullmatch(r"[\u4e00-\u9fff]+-\d+", one.promotion_name) for one in promotions)


class Tags(HTMLParser):
    """The tags and handlers of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))


def shown_with(emulator: Client, text: str) -> list[tuple[str, list[str]]]:
    """The tags of the page and the snapshot where every text is somebody's."""
    emulator.control("reset")
    typed = emulator.facts[TYPED]
    emulator.control(
        "rows/insert", {"table_id": typed, "fields": {"单元名称": f"甲{text}", "备注": f"甲{text}"}, "by": "person"}
    )
    emulator.control("accounts/rename", {"account_id": next(iter(emulator.facts["accounts"])), "name": f"甲{text}"})
    # the markdown of a card may become markup of its own, the texts of its table not
    cells = {"tag": "table", "columns": [{"name": "a", "display_name": f"甲{text}"}], "rows": [{"a": f"甲{text}"}]}
    title = {"tag": "plain_text", "content": f"甲{text}"}
    card = {"schema": "2.0", "header": {"title": title}, "body": {"elements": [cells]}}
    sent = emulator.send("POST", emulator.facts["webhook_path"], json={"msg_type": "interactive", "card": card})
    assert sent.json()["code"] == 0
    assert emulator.look("records", table_id=typed)
    return [tag for path in ("/", "/snapshot") for tag in Tags(page(emulator, path)).found]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
@example("\ud83d")
def test_no_text_is_obeyed_on_the_pages_and_none_breaks_them(emulator: Client, text: str) -> None:
    assert shown_with(emulator, text) == shown_with(emulator, "")


def test_a_page_number_of_thirty_digits_is_the_first_page(emulator: Client) -> None:
    for number in ("9" * 30, "9" * 5000, "-1", "²"):
        assert total(page(emulator, page=number)) == "1"
