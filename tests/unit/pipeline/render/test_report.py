import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import DayState
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.table.layout import match
from pipeline.core.telling.other_tables import OtherTable
from pipeline.core.telling.report import tally
from pipeline.render import charts
from pipeline.render.report import OTHERS, count, money, page
from tests.unit.pipeline.core.tables import fields, layout
from tests.unit.pipeline.core.telling.test_report import MONDAY, report, row, summed

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


class Seen(HTMLParser):
    """What a browser makes of a page: tags, addresses, texts of the cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name.rpartition(":")[2] in ("src", "href", "srcset")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_what_others_named_is_text_and_nothing_else() -> None:
    made = report(summed(row(name=EVIL, account=EVIL), row("200", "0", unit="u2", name=EVIL)), a1_0=DayState.FAILED)
    grid = {Account("1", EVIL): next(iter(made.grid.values()))}
    restated = (replace(made.restated[0], account=EVIL, run_id=EVIL),)
    seen = Seen(page(replace(made, grid=grid, restated=restated)))
    assert not {"script", "img"} & set(seen.tags)
    assert seen.handlers == []
    assert seen.texts.count(EVIL) >= 4


def test_the_page_names_the_tables_of_the_other_days_and_links_them() -> None:
    made = report(summed(row()))
    days = DayRange(MONDAY, MONDAY + timedelta(days=2))
    others = (
        OtherTable(EVIL, days),
        OtherTable("广告日报", DayRange(MONDAY, MONDAY), "https://feishu.cn/base/x?table=1"),
    )
    text = page(replace(made, others=others))
    assert Seen(text).addresses == [made.link, others[1].link]
    assert (
        "".join(Seen(text).texts).count(
            f"飞书多维表格；2026-02-02 至 2026-02-04 的数据在“{EVIL}”；2026-02-02 的数据在“广告日报”"
        )
        == 1
    )
    assert "的数据在" not in page(made)


def test_nothing_is_taken_from_the_network_and_only_the_table_is_linked() -> None:
    made = report(summed(row()))
    text = page(made)
    seen = Seen(text)
    assert seen.addresses == [made.link]
    assert not {"link", "iframe", "object", "use"} & set(seen.tags)
    assert not re.search(r"url\(|@import|<\?xml", text)
    addresses = set(re.findall(r"\w+://[^\s\"'<>]+", text)) - {made.link}
    assert {one for one in addresses if not one.startswith("http://www.w3.org/")} == set()


def test_days_that_are_not_whole_are_said_in_red_before_any_figure() -> None:
    text = page(report(summed(row()), a1_0=DayState.FAILED, a2_3=DayState.MISSING))
    assert "2 天数据不完整" in text
    assert text.index('class="alarm"') < text.index('id="cost"')
    assert f"{MONDAY}：城东店" in text
    assert f"{MONDAY + timedelta(days=3)}：城西店" in text
    assert text.count('<tr class="lacking">') == 2


def test_a_report_that_is_whole_says_so_and_has_no_alarm() -> None:
    text = page(report(summed(row())))
    assert "数据都完整" in text
    assert 'class="alarm"' not in text


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (report(summed(row()), a1_0=DayState.PARKED), "已停用的账户"),
        (report(summed(row(None))), "1 行的消耗为空或不是数字"),
        (report(summed()), "表格中没有这段时间的数据"),
    ],
)
def test_whatever_else_makes_the_sums_too_low_is_in_the_alarm(made: object, words: str) -> None:
    text = page(made)  # type: ignore[arg-type]
    alarm = text[text.index('class="alarm"') : text.index("<dl")]
    assert words in alarm


def test_the_head_has_the_sums_and_up_to_when_they_are_known() -> None:
    text = page(report(summed(row("1234.5", "10"), row("0.06", "0", unit="u2"))))
    assert '<dd id="cost">1,234.56</dd>' in text
    assert '<dd id="conversions">10</dd>' in text
    assert '<dd id="unit-cost">123.46</dd>' in text
    assert "数据截至 2026-02-10 08:00" in text


def test_a_table_without_conversions_makes_a_page_without_them() -> None:
    columns = [one for one in DEFAULT_COLUMNS if one.source != "convert_cnt"]
    text = page(report(tally(match(columns, fields(), layout().time_zone), [row()])))
    assert "表格没有转化数列" in text
    assert "转化成本" not in text


def test_more_accounts_than_colours_share_the_last_one() -> None:
    text = page(report(summed(*(row(str(90 - n), account=f"店{n}", unit=f"u{n}") for n in range(20)))))
    legend = text[text.index('class="legend"') :].split("</p>")[0]
    assert legend.count("<i ") == len(charts.COLOURS)
    assert OTHERS in legend


def test_the_grid_is_cut_to_the_width_of_a_sheet() -> None:
    days = replace(report(summed(row())).days, last=MONDAY + timedelta(days=39))
    assert page(report(summed(row()), days)).count('<table class="grid">') == 2


def test_the_same_figures_make_the_same_page() -> None:
    assert page(report(summed(row()))) == page(report(summed(row())))


@pytest.mark.parametrize(("value", "text"), [("1234.5", "1,234.50"), (None, "-"), ("0", "0.00")])
def test_money_has_two_digits(value: str | None, text: str) -> None:
    assert money(None if value is None else Decimal(value)) == text


@pytest.mark.parametrize(("value", "text"), [("1200", "1,200"), ("1.50", "1.5"), ("0", "0")])
def test_conversions_are_whole_unless_the_table_says_otherwise(value: str, text: str) -> None:
    assert count(Decimal(value)) == text
