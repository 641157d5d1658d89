"""Every page of the console, for everybody: both widths and themes, no barrier, nothing clipped, nothing that jumps."""

from importlib.resources import files

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import log_in
from tests.browser.pages import PAGES
from tests.console_desk import Desk

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WIDTHS, THEMES = (1440, 390), ("light", "dark")
SHIFT = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value })
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(sum), 100);
})"""
CLIPPED = """() => [...document.querySelectorAll('main *, header *')]
  .filter(one => one.getClientRects().length && one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest('.wide, .copy, .skip'))
  .map(one => one.outerHTML.slice(0, 120))"""


def barriers(page: Page) -> list[str]:
    """What axe finds wrong: rule and element."""
    page.evaluate(AXE)  # not by a script tag: the policy of the page refuses it, as it should
    found = page.evaluate("axe.run()")
    return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]


@pytest.fixture
def visited(desk: Desk, page: Page) -> Page:
    """A browser that is logged in at a console with a day's figures."""
    desk.lab.sync()
    log_in(page, desk)
    return page


def inner_pages(desk: Desk) -> list[str]:
    """Pages that no menu leads to: a run, the estimate of a backfill."""
    (run_id,) = desk.workers.ctx.ledger.newest(1)
    return [f"/runs/{run_id}", f"/backfill/estimate?first={desk.lab.day}&last={desk.lab.day}"]


def test_no_page_has_a_barrier_or_is_clipped_or_jumps(desk: Desk, visited: Page) -> None:
    wrong: dict[str, object] = {}
    for path in (*PAGES.values(), *inner_pages(desk)):
        for width in WIDTHS:
            for theme in THEMES:
                visited.set_viewport_size({"width": width, "height": 900})
                visited.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                visited.goto(desk.url + path)
                found = {
                    "barriers": barriers(visited),
                    "clipped": visited.evaluate(CLIPPED),
                    "wider than the page": visited.evaluate("document.documentElement.scrollWidth > innerWidth"),
                    "shift": visited.evaluate(SHIFT),
                }
                wrong |= {f"{path} {width} {theme}: {name}": value for name, value in found.items() if value}
    assert wrong == {}
