"""What a person sees on the emulator's page: the views of the accounts really filter."""

import pytest
from playwright.sync_api import Page

from tests.lab import Lab


def test_the_view_of_each_account_shows_exactly_its_rows(either: Lab, page: Page) -> None:
    summary = either.sync(either.day)
    for account in summary.accounts:
        if not account.rows and either.table == "typed_table_id":
            continue  # a single select has no option, and so no view, before the account's first row
        page.goto(f"{either.server.url}/?table={either.table_id}")
        page.get_by_role("link", name=account.name, exact=True).click()
        grid = page.locator("#grid")
        assert grid.get_attribute("data-total") == str(account.rows)
        assert grid.locator("tr[data-record-id]").count() == min(account.rows, 200)
        texts = grid.locator("tr[data-record-id]").all_inner_texts()
        assert all(account.name in text for text in texts)


def test_the_page_shows_the_status_table_and_the_card(lab: Lab, page: Page) -> None:
    lab.sync(lab.day)
    page.goto(lab.server.url)
    shown = page.inner_text("body")
    assert f"{lab.day} 同步成功" in shown
    assert "已入库" in shown


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_clipped_and_the_cards_stand_beside_the_tables_or_on_a_phone_below(
    lab: Lab, page: Page, width: int
) -> None:
    lab.sync(lab.day)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(lab.server.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for table in ("#grid", "#status table"):
        assert page.evaluate("(one) => document.querySelector(one).parentElement.scrollWidth", table) <= width
        figure = page.locator(f"{table} td.num:not(:empty)").first.bounding_box()
        assert figure
        assert figure["x"] >= 0
        assert figure["x"] + figure["width"] <= width
    assert page.evaluate(
        "() => { const box = document.querySelector('#status .scroll'); return box.scrollWidth <= box.clientWidth }"
    )
    tables, cards = page.locator("main").bounding_box(), page.locator("aside").bounding_box()
    assert tables
    assert cards
    beside = cards["x"] >= tables["x"] + tables["width"]
    below = cards["y"] >= tables["y"] + tables["height"]
    assert (beside, below) == ((True, False) if width == 1440 else (False, True))
