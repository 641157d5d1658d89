"""From an empty base to the first success: what a person does, each thing by its name, and how many there are."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import Person
from tests.browser.test_every_page import CLIPPED, barriers
from tests.console_desk import Desk
from tests.lab import Lab, empty
from tests.people import ACTOR
from tests.workers import SHORT, Workers, workers

ACTIONS_MOST = 12
RUN_MS = 60_000
SET_LATER = (
    "LAIKE_OCEANENGINE_APP_ID", "LAIKE_OCEANENGINE_SECRET", "LAIKE_OCEANENGINE_REDIRECT_URI", "LAIKE_FEISHU_APP_ID",
    "LAIKE_FEISHU_APP_SECRET", "LAIKE_BITABLE_APP_TOKEN", "LAIKE_BITABLE_TABLE_ID", "LAIKE_BITABLE_URL",
    "LAIKE_TOKEN_KEYS", "LAIKE_ACCOUNTS", "LAIKE_FEISHU_WEBHOOK_URL",
)  # fmt: skip


@dataclass
class Newcomer(Person):
    """Somebody with a shell, too, in whose folder the services run as processes."""

    lab: Lab = field(kw_only=True)

    def fill_env(self, values: Mapping[str, str]) -> None:
        """Copy the block into `.env`, and fill in every line."""
        self.did.append("填写 .env")
        (self.lab.home / ".env").write_text(self.filled(values), encoding="utf-8")

    def make_key(self) -> None:
        """Run the command of the page."""
        self.did.append("生成密钥")
        command = self.page.locator("#settings pre").filter(has_text="LAIKE_TOKEN_KEYS=%s").inner_text()
        subprocess.run(["/bin/sh", "-c", command], cwd=self.lab.home, check=True, timeout=30)


def looked_at(page: Page) -> None:
    """Nothing on the page keeps anybody out, on a wide screen and on a phone."""
    assert barriers(page) == []
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(CLIPPED) == []


@pytest.fixture
def working(lab: Lab) -> Iterator[Workers]:
    """The first day: nobody authorized, no setting but those of the machine, a base without a table of ours."""
    lab.server.world.feishu.base.tables[lab.table_id].name = "别的表"
    lab.extra |= SHORT
    with workers(lab) as made:
        empty(lab.redis_url)
        (lab.home / "token").unlink()
        yield made


def come_in(person: Newcomer, desk: Desk) -> None:
    """Log in, and be told what is missing."""
    page = person.page
    person.log_in(desk.url, ACTOR)
    assert person.state("settings") == "○ 待完成"
    expect(page.locator("#settings pre").filter(has_text=f"{desk.url}/authorize/callback")).to_be_visible()
    looked_at(page)


def fill_in(person: Newcomer) -> None:
    """Write what the page asks for into `.env`."""
    facts = person.lab.facts
    person.fill_env({
        "LAIKE_OCEANENGINE_APP_ID": str(facts["app_id"]),
        "LAIKE_OCEANENGINE_SECRET": facts["secret"],
        "LAIKE_FEISHU_APP_ID": facts["feishu_app_id"],
        "LAIKE_FEISHU_APP_SECRET": facts["feishu_app_secret"],
        "LAIKE_BITABLE_APP_TOKEN": f"{facts['url']}/base/{facts['app_token']}",
        "LAIKE_FEISHU_WEBHOOK_URL": facts["url"] + facts["webhook_path"],
        "LAIKE_FEISHU_WEBHOOK_SECRET": "",
        "LAIKE_FLOWER_LOGIN": "",
    })  # fmt: skip
    person.make_key()
    person.page.reload()
    assert person.state("settings") == "✓ 已完成"


def make_the_table(person: Newcomer) -> None:
    """Test everything, see the plan of the table, have it made."""
    person.press("全部检测")
    assert person.state("checks") == "✓ 已完成"
    expect(person.page.locator("#table")).to_contain_text("新建数据表“广告日报”")
    looked_at(person.page)
    person.press("按计划创建")
    assert person.state("table") == "✓ 已完成"
    assert person.state("authorize") == "○ 待完成"


def authorize(person: Newcomer, desk: Desk) -> None:
    """Authorize at the service, and come back to the set-up."""
    page = person.page
    person.press("开始授权")
    person.press("前往巨量引擎授权")
    person.did.append("同意授权")
    page.get_by_role("button", name="同意授权").click()
    page.wait_for_url(f"{desk.url}/setup")
    assert (person.state("authorize"), person.state("accounts")) == ("✓ 已完成", "✓ 已完成")


def test_a_person_comes_from_an_empty_base_to_the_first_success(working: Workers, page: Page) -> None:
    lab = working.lab
    desk = Desk.opened(working, **dict.fromkeys(SET_LATER, ""))
    lab.control("settings", {"redirect_uri": f"{desk.url}/authorize/callback"})
    person, done = Newcomer(page, lab=lab), page.get_by_role("status").filter(has_text="设置已完成")
    come_in(person, desk)
    fill_in(person)
    make_the_table(person)
    person.did.append("重启服务")
    working.worker()
    authorize(person, desk)
    person.press("发送测试消息")
    assert person.state("bot") == "✓ 已完成"
    looked_at(page)
    person.press("开始同步")
    expect(done).to_be_visible(timeout=RUN_MS)
    assert person.state("first_run") == "✓ 已完成"
    assert len(person.did) <= ACTIONS_MOST, person.did
    assert lab.records(lab.table_named("广告日报")["table_id"])
    page.go_back()
    page.reload()
    expect(done).to_be_visible()
