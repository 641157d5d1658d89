"""From an empty folder and an empty base to the first success, in containers.

`scripts/docker-test` runs this module on a folder with the compose file, `scripts/up` and `.env.example`, beside an
emulator. A browser does what a person does; each thing done is noted by its name and counted, those in the shell, in
`.env` and in other services' consoles, too. What a person has before: both apps, with their permissions, and a base to
which the Feishu app was added.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, PATIENCE_MS, WIDE
from tests.browser.person import Person
from tests.browser.test_every_page import CLIPPED, barriers

ACTIONS_MOST = 12
UP_S = 300
RUN_MS = 90_000
INSIDE = "http://emulator:8080"  # where containers find the emulator; the browser is led there, too
TABLE = "广告日报"


@dataclass
class Owner(Person):
    """A person with a shell in the folder."""

    folder: Path = field(kw_only=True)
    console: str = field(kw_only=True)
    emulator: str = field(kw_only=True)

    @property
    def env(self) -> Path:
        """The file with the settings."""
        return self.folder / ".env"

    def make_up(self) -> str:
        """Run `make up`; what it says."""
        self.did.append("make up")
        up = self.folder / "scripts" / "up"
        ended = subprocess.run([up], capture_output=True, text=True, check=False, timeout=UP_S)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def fill_env(self, lines: str) -> None:
        """Append the filled block to `.env`."""
        self.did.append("填写 .env")
        with self.env.open("a", encoding="utf-8") as file:
            file.write(lines)

    def register(self, callback: str) -> None:
        """Register a callback address for the app at 巨量引擎开放平台."""
        self.did.append("登记回调地址")
        self.control("settings", {"redirect_uri": callback})

    def control(self, action: str, body: dict[str, Any]) -> None:
        """Do something at the emulator."""
        requests.post(f"{self.emulator}/_control/{action}", json=body, timeout=10).raise_for_status()

    def look(self, view: str, **query: str) -> dict[str, Any]:
        """See what the emulator has."""
        answer = requests.get(f"{self.emulator}/_control/{view}", params=query, timeout=10)
        answer.raise_for_status()
        return dict(answer.json())

    def tables(self) -> dict[str, dict[str, Any]]:
        """The base's tables by name."""
        return {table["name"]: table for table in self.look("state")["tables"]}

    def starts(self) -> str:
        """When the running services were started: a restart that nobody counts would show."""
        ids = _docker("ps", "--quiet", "--filter", f"label=com.docker.compose.project={_project()}").split()
        told = _docker("inspect", "--format", "{{.Name}} {{.State.StartedAt}} {{.RestartCount}}", *ids)
        return "\n".join(sorted(told.splitlines()))


def begin(owner: Owner) -> None:
    """From nothing to the set-up page."""
    said = owner.make_up()
    assert f"{owner.console}/setup" in said, said
    login = next(line for line in owner.env.read_text(encoding="utf-8").splitlines() if "CONSOLE_LOGIN=" in line)
    name, _, password = login.partition("=")[2].partition(":")
    assert f"as {name} with the password {password}" in said, said
    owner.log_in(owner.console, f"{name}:{password}")
    assert owner.state("settings") == "○ 待完成"
    looked_at(owner)


def fill_in(owner: Owner) -> None:
    """Everything that is written into files, and the one restart for it."""
    callback = owner.page.locator("#settings .copy pre").filter(has_text="/authorize/callback").inner_text()
    owner.register(callback)
    facts = owner.look("facts", url=INSIDE)
    of_the_services = {  # which are at their own addresses in real life
        "LAIKE_OCEANENGINE_BASE_URL": INSIDE,
        "LAIKE_OCEANENGINE_AUTHORIZE_URL": f"{INSIDE}/openapi/audit/oauth.html",
        "LAIKE_FEISHU_BASE_URL": INSIDE,
    }
    lines = owner.filled({
        "LAIKE_OCEANENGINE_APP_ID": str(facts["app_id"]),
        "LAIKE_OCEANENGINE_SECRET": facts["secret"],
        "LAIKE_FEISHU_APP_ID": facts["feishu_app_id"],
        "LAIKE_FEISHU_APP_SECRET": facts["feishu_app_secret"],
        "LAIKE_BITABLE_APP_TOKEN": f"{INSIDE}/base/{facts['app_token']}",
        "LAIKE_FEISHU_WEBHOOK_URL": INSIDE + facts["webhook_path"],
        "LAIKE_FEISHU_WEBHOOK_SECRET": "",
    })  # fmt: skip
    owner.fill_env(lines + "".join(f"{name}={value}\n" for name, value in of_the_services.items()))
    owner.make_up()
    owner.page.reload()
    assert owner.state("settings") == "✓ 已完成"


def make_the_table(owner: Owner) -> None:
    """Test what was filled in, see the plan, have it made."""
    owner.press("全部检测")
    assert owner.state("checks") == "✓ 已完成", owner.page.locator("#checks").inner_text()
    expect(owner.page.locator("#table")).to_contain_text(f"新建数据表“{TABLE}”")
    looked_at(owner)
    owner.press("按计划创建")
    assert owner.state("table") == "✓ 已完成", owner.page.locator("#table").inner_text()


def authorize(owner: Owner) -> None:
    """Authorize at the service, and be back in the set-up."""
    owner.press("开始授权")
    owner.press("前往巨量引擎授权")
    owner.did.append("同意授权")
    owner.page.get_by_role("button", name="同意授权").click()
    owner.page.wait_for_url(f"{owner.console}/setup")
    assert (owner.state("authorize"), owner.state("accounts")) == ("✓ 已完成", "✓ 已完成")


def run(owner: Owner) -> None:
    """Test the bot, and watch the first run."""
    owner.press("发送测试消息")
    assert owner.state("bot") == "✓ 已完成", owner.page.locator("#bot").inner_text()
    owner.press("开始同步")
    expect(owner.page.get_by_role("status").filter(has_text="设置已完成")).to_be_visible(timeout=RUN_MS)
    assert owner.state("first_run") == "✓ 已完成"


def looked_at(owner: Owner) -> None:
    """Nothing on the page keeps anybody out."""
    assert barriers(owner.page) == []
    assert owner.page.evaluate(CLIPPED) == []


def set_up(owner: Owner) -> None:
    """Do it all, and say what was done and how long it took."""
    for name in owner.tables():
        owner.control("tables/rename", {"table_id": owner.tables()[name]["table_id"], "name": f"别的表 {name}"})
    begun = time.monotonic()
    begin(owner)
    fill_in(owner)
    before = owner.starts()
    make_the_table(owner)
    authorize(owner)
    run(owner)
    took = time.monotonic() - begun
    assert owner.starts() == before, f"services were restarted:\n{before}\n{owner.starts()}"
    assert owner.tables()[TABLE]["records"] > 0
    assert "LAIKE_BITABLE_TABLE_ID=tbl" not in owner.env.read_text(encoding="utf-8")
    for place, done in enumerate(owner.did, 1):
        sys.stdout.write(f"{place:>4}. {done}\n")
    sys.stdout.write(f"{len(owner.did)} actions, {took:.0f} s from the first `make up` to the first success\n")
    assert len(owner.did) <= ACTIONS_MOST, f"more than {ACTIONS_MOST} actions"


def opened(browser: Browser) -> Page:
    """A page in a fresh profile."""
    context = browser.new_context(viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def _docker(*words: str) -> str:
    ended = subprocess.run(["docker", *words], capture_output=True, text=True, check=True, timeout=30)  # noqa: S607 any
    return ended.stdout


def _project() -> str:
    return os.environ["COMPOSE_PROJECT_NAME"]


def main() -> None:
    """Set up in the folder that is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--console", required=True, help="its address on this machine")
    parser.add_argument("--emulator", required=True, help="its address on this machine")
    given = parser.parse_args()
    assert CHROMIUM, "there is no Chromium here"
    there = given.emulator.removeprefix("http://")
    flags = [*FLAGS, f"--host-resolver-rules=MAP {INSIDE.removeprefix('http://')} {there}"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        set_up(Owner(opened(browser), folder=given.folder, console=given.console, emulator=given.emulator))
        browser.close()


if __name__ == "__main__":
    main()
