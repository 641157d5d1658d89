"""Every page of the console, for everybody: both widths and themes, no barrier, nothing clipped, nothing that jumps."""

from collections.abc import Callable, Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PATIENCE_MS, PREFIX, WIDE, log_in
from tests.browser.pages import PAGES
from tests.console_desk import Desk
from tests.lab import Lab
from tests.workers import workers

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
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
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


def _pressed(path: str, button: str) -> Callable[[Page, Desk], object]:
    """Open a page and press one of its buttons."""

    def go(page: Page, desk: Desk) -> None:
        page.goto(desk.url + path)
        page.get_by_role("main").get_by_role("button", name=button).click()
        page.wait_for_load_state()

    return go


def _logged_out(page: Page, desk: Desk) -> None:
    """Come as somebody who is not logged in."""
    page.context.clear_cookies()
    page.goto(f"{desk.url}/login")


BEHIND: dict[str, Callable[[Page, Desk], object]] = {  # what no menu leads to
    "one run": lambda page, desk: page.goto(f"{desk.url}/runs/{desk.workers.ctx.ledger.newest(1)[0]}"),
    "days of an account": lambda page, desk: page.goto(f"{desk.url}/coverage/{desk.lab.accounts[1]}"),
    "one cell": lambda page, desk: page.goto(f"{desk.url}/coverage/{desk.lab.accounts[1]}/{desk.lab.day}"),
    "weeks": lambda page, desk: page.goto(f"{desk.url}/coverage?days=400"),
    "what a backfill costs": _pressed("/backfill", "估算"),
    "plan of a new table": _pressed("/tables", "查看方案"),
    "tables compared": _pressed("/tables", "核对数据表清单"),
    "results of doctor": _pressed("/doctor", "开始体检"),
    "link to authorize": _pressed("/authorize", "开始授权"),
    "no such page": lambda page, desk: page.goto(f"{desk.url}/nothing-here"),
    "login": _logged_out,
}


@pytest.fixture
def behind(lab: Lab) -> Iterator[Desk]:
    """A console on a lab of whose accounts one could not be read, and whose table is to be followed by another."""
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    for report in ("report.promotion", "report.account"):
        lab.fault(report, "code", code=40002, times="always", match={"local_account_id": lab.accounts[1]})
    lab.sync()
    with workers(lab) as working:
        yield Desk.opened(working, PREFIX)


def test_no_page_behind_a_page_has_a_barrier_or_is_clipped(behind: Desk, browser: Browser) -> None:
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)  # its console tells of the page that is not found, so nobody listens
    page, wrong = context.new_page(), dict[str, object]()
    log_in(page, behind)
    for name, opened in BEHIND.items():
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        opened(page, behind)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            wrong |= {f"{name} {theme}": found for found in [barriers(page)] if found}
        page.set_viewport_size({"width": WIDTHS[1], "height": 900})
        wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        wrong |= {f"{name} is clipped": found for found in [page.evaluate(CLIPPED) or wider] if found}
    context.close()
    assert wrong == {}
