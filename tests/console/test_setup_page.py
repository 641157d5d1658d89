"""The set-up page over HTTP: what is missing, what is wrong, what the base lacks; nobody's secret on it."""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from emulator.feishu.bitable.model import Table
from pipeline.state.console.acts import Acts
from pipeline.state.tokens.old_cache import read_old_cache
from tests.console_desk import PATIENCE_S, Desk, Visitor
from tests.lab import TOKEN_KEY, WRITES, Lab, empty
from tests.leaks import secrets_of
from tests.workers import SHORT, Workers, workers

TABLE_ID = "LAIKE_BITABLE_TABLE_ID"
NEEDED = (
    "LAIKE_OCEANENGINE_APP_ID",
    "LAIKE_OCEANENGINE_SECRET",
    "LAIKE_FEISHU_APP_ID",
    "LAIKE_FEISHU_APP_SECRET",
    "LAIKE_BITABLE_APP_TOKEN",
    "LAIKE_TOKEN_KEYS",
)
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}\x1b[31m\u202e"
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
STEP = re.compile(r'<li id="(\w+)" class="(\w+)">(.*?)(?=<li id="|</main>)', re.DOTALL)


@pytest.fixture
def working(lab: Lab) -> Iterator[Workers]:
    """A lab whose Redis and folder are as on the first day: nobody has authorized."""
    with workers(lab) as made:
        empty(lab.redis_url)
        (lab.home / "token").unlink()
        yield made


def opened(working: Workers, **environment: str) -> Desk:
    return Desk.opened(working, **environment)


def pressed(visitor: Visitor, path: str, **form: object) -> requests.Response:
    """An act of the set-up page, with the token that the page has."""
    token = TOKEN.search(visitor.get("/setup").text)
    assert token
    return visitor.session.post(visitor.url + path, data={"csrf": token[1], **form}, timeout=PATIENCE_S)


def steps(answer: requests.Response) -> Mapping[str, tuple[str, str]]:
    """The tone and the text of each step."""
    assert answer.status_code == 200, answer.text[:2000]
    return {name: (tone, text) for name, tone, text in STEP.findall(answer.text)}


def tones(answer: requests.Response) -> dict[str, str]:
    return {name: tone for name, (tone, _) in steps(answer).items()}


def without_our_table(lab: Lab) -> Table:
    """The base as a person has it who never had such a table."""
    table = lab.server.world.feishu.base.tables[lab.table_id]
    table.name = "别的表"
    return table


def names(lab: Lab) -> list[str]:
    return [table["name"] for table in lab.look("state")["tables"]]


def test_an_empty_base_is_told_everything_at_once_in_the_order_of_doing(working: Workers) -> None:
    desk = opened(working, **dict.fromkeys((*NEEDED, TABLE_ID, "LAIKE_FEISHU_WEBHOOK_URL"), ""))
    shown = desk.get("/setup")
    assert tones(shown) == {
        "settings": "warn", "checks": "calm", "table": "calm", "authorize": "calm", "accounts": "calm", "bot": "calm",
        "first_run": "calm",
    }  # fmt: skip
    assert "还差 6 步，下一步：填写设置" in shown.text
    block = steps(shown)["settings"][1]
    assert [name for name in (*NEEDED, "LAIKE_FEISHU_WEBHOOK_URL") if f"{name}=" not in block] == []
    assert f"{TABLE_ID}=" not in block


@pytest.mark.parametrize("name", NEEDED)
def test_each_missing_setting_is_named_alone_with_its_cure(working: Workers, name: str) -> None:
    answer = opened(working, **{name: ""}).get("/setup")
    told = re.findall(r"<code>(LAIKE_\w+)</code> 缺失", answer.text)
    assert told == [name]
    assert tones(answer)["authorize"] == "calm"


def test_other_pages_lead_here_while_a_setting_is_missing(working: Workers) -> None:
    desk = opened(working, LAIKE_FEISHU_APP_SECRET="")
    for path in ("/", "/runs", "/accounts", "/doctor", "/authorize"):
        assert desk.get(path).url == f"{desk.url}/setup"
    for act in ("accounts/discover", "bot", "run"):
        answer = pressed(desk, f"/setup/{act}")
        assert (answer.url, answer.status_code) == (f"{desk.url}/setup", 200)


def test_wrong_credentials_are_found_by_the_test_with_what_to_do(working: Workers) -> None:
    lab = working.lab
    desk = opened(working, LAIKE_FEISHU_APP_SECRET="canary-wrong", LAIKE_OCEANENGINE_SECRET="canary-wrong")
    answer = pressed(desk, "/setup/check")
    tone, text = steps(answer)["checks"]
    assert tone == "bad"
    assert "「凭证与基础信息」复制 App Secret" in text
    assert "「应用管理」→「应用详情」核对 APP_ID 和 Secret" in text
    assert "canary-wrong" not in answer.text
    assert tones(answer)["table"] == "calm"
    assert lab.calls(*WRITES) == 0


def test_one_item_is_tested_alone(working: Workers) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    before = lab.calls("feishu.token")
    answer = pressed(desk, "/setup/check", item="redis")
    assert "7 项正常" in steps(answer)["checks"][1]
    assert lab.calls("feishu.token") == before
    assert steps(pressed(desk, "/setup/check", item="webhook"))["checks"][0] == "warn"


@pytest.mark.parametrize(
    ("permissions", "cure"),
    [
        ({"document": "none"}, "「添加文档应用」"),
        ({"denied": ["fields.list"]}, "base:field:read"),
        ({"denied": ["records.batch_create"]}, "base:record:create"),
    ],
)
def test_each_right_is_tested_before_there_is_a_table(
    working: Workers, permissions: dict[str, object], cure: str
) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    without_our_table(lab)
    assert tones(pressed(desk, "/setup/check"))["checks"] == "good"
    lab.control("permissions", permissions)
    tone, text = steps(pressed(desk, "/setup/check", item="feishu"))["checks"]
    assert (tone, cure in text) == ("bad", True), text


def test_the_table_is_planned_then_made_and_its_id_written_where_there_is_an_env(working: Workers) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    without_our_table(lab)
    (lab.home / ".env").write_text("# ours\n", encoding="utf-8")
    planned = steps(pressed(desk, "/setup/table"))["table"][1]
    assert "新建数据表“广告日报”" in planned
    assert "把新数据表的 ID 记入设置" in planned
    assert "广告日报" not in names(lab)
    made = pressed(desk, "/setup/table/make")
    assert tones(made)["table"] == "good", steps(made)["table"][1]
    table = lab.table_named("广告日报")["table_id"]
    assert (lab.home / ".env").read_text(encoding="utf-8") == f"# ours\n{TABLE_ID}={table}\n"
    assert tones(desk.get("/setup"))["table"] == "good"


def test_where_no_env_can_be_written_the_line_is_shown_and_no_second_table_made(working: Workers) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    without_our_table(lab)
    for _ in range(2):
        text = steps(pressed(desk, "/setup/table/make"))["table"][1]
        assert f"{TABLE_ID}={lab.table_named('广告日报')['table_id']}" in text
        assert "docker compose up -d" in text
    looked = steps(pressed(desk, "/setup/table"))["table"][1]
    assert f"{TABLE_ID}={lab.table_named('广告日报')['table_id']}" in looked
    assert names(lab).count("广告日报") == 1


def test_in_a_container_the_table_is_kept_in_its_file_and_nothing_need_be_restarted(working: Workers) -> None:
    lab = working.lab
    file = lab.home / "kept-table"
    desk = opened(working, **{TABLE_ID: "", "LAIKE_TABLE_FILE": str(file)})
    without_our_table(lab)
    assert "把新数据表的 ID 记入设置" in steps(pressed(desk, "/setup/table"))["table"][1]
    made = tones(pressed(desk, "/setup/table/make"))
    assert (made["checks"], made["table"], made["authorize"]) == ("good", "good", "warn")
    table = lab.table_named("广告日报")["table_id"]
    assert file.read_text(encoding="utf-8").split()[1] == table
    assert tones(desk.get("/setup"))["table"] == "good"
    assert desk.get("/authorize").url == f"{desk.url}/authorize"


def test_the_address_to_write_is_that_of_the_visitor_or_none(working: Workers) -> None:
    desk = opened(working, LAIKE_CONSOLE_URL="", LAIKE_OCEANENGINE_REDIRECT_URI="", LAIKE_FEISHU_APP_SECRET="")
    assert f"LAIKE_CONSOLE_URL={desk.url}\n" in desk.get("/setup").text
    assert f"{desk.url}/authorize/callback" in desk.get("/setup").text
    hostile = desk.session.get(f"{desk.url}/setup", headers={"Host": "x'$(rm)"}, timeout=PATIENCE_S)
    assert (hostile.status_code, "$(rm" in hostile.text) == (200, False)


def test_a_table_of_our_name_is_taken_over_with_what_it_lacks(working: Workers) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    lab.control("columns/rename", {"table_id": lab.table_id, "field_name": "转化数", "name": "转化次数"})
    planned = steps(pressed(desk, "/setup/table"))["table"][1]
    assert "在数据表中新增列：转化数" in planned
    assert "转化次数" in planned
    assert f"{TABLE_ID}={lab.table_id}" in steps(pressed(desk, "/setup/table/make"))["table"][1]
    assert names(lab).count("广告日报") == 1


def test_a_column_of_a_wrong_type_is_left_to_a_person(working: Workers) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    lab.control("columns/rename", {"table_id": lab.table_id, "field_name": "单元ID", "name": "旧单元ID"})
    lab.control("columns/add", {"table_id": lab.table_id, "name": "单元ID", "type": 2})
    tone, text = steps(pressed(desk, "/setup/table"))["table"]
    assert (tone, "“单元ID”列是数字类型，请改为文本" in text) == ("bad", True)


def test_a_base_that_cannot_be_looked_at_says_why(working: Workers) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    lab.control("permissions", {"document": "none"})
    tone, text = steps(pressed(desk, "/setup/table"))["table"]
    assert (tone, "添加文档应用" in text) == ("bad", True), text


ACTS = ("check", "table", "table/make", "accounts/discover", "accounts", "bot", "run")


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_may_look_and_not_act(working: Workers, act: str) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    shown = desk.viewer.get("/setup")
    assert tones(shown)["settings"] == "good"
    assert "/setup/check" not in shown.text
    assert "您的账号只能查看" in steps(shown)["table"][1]
    before = lab.look("calls")["counts"]
    assert pressed(desk.viewer, f"/setup/{act}").status_code == 403
    assert lab.look("calls")["counts"] == before


@pytest.mark.parametrize("act", ACTS)
def test_no_act_is_done_without_the_token_of_the_page(working: Workers, act: str) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    before = lab.look("calls")["counts"]
    answer = desk.session.post(f"{desk.url}/setup/{act}", data={"csrf": "forged"}, timeout=PATIENCE_S)
    assert answer.status_code == 403
    assert lab.look("calls")["counts"] == before


def test_hostile_values_in_the_settings_stay_text(working: Workers) -> None:
    hostile = {
        TABLE_ID: HOSTILE,
        "LAIKE_BITABLE_APP_TOKEN": HOSTILE,
        "LAIKE_ACCOUNTS": f'{{"{HOSTILE}": 1}}',
        "LAIKE_DAILY_AT": HOSTILE,
        "LAIKE_CONFIG": f"{HOSTILE}.toml",
    }
    desk = opened(working, **hostile)
    shown = desk.get("/setup")
    assert tones(shown)["settings"] == "bad"
    for text in ("<script>alert", "\x1b", "\u202e", ">49<"):
        assert text not in shown.text
    assert re.findall(r"<code>(LAIKE_\w+)</code> 有误", shown.text)


@pytest.mark.parametrize("form", [{"item": ["feishu", "\x00", "9" * 5000]}, {"item": [""] * 900}, {"x": "y"}])
def test_hostile_forms_are_answered(working: Workers, form: dict[str, Any]) -> None:
    desk = opened(working, **{TABLE_ID: ""})
    assert pressed(desk, "/setup/check", **form).status_code == 200
    assert desk.get("/setup", params={"plan": "1", "line": "<b>"}).status_code == 200
    assert desk.get("/setup/watch").status_code == 200


def test_no_secret_is_on_the_page_whatever_is_tested(working: Workers) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    every = [desk.get("/setup"), pressed(desk, "/setup/check"), pressed(desk, "/setup/table")]
    secrets = [*secrets_of(lab), TOKEN_KEY, "a long password"]
    assert [secret for secret in secrets for answer in every if secret in answer.text] == []
    assert max(len(answer.content) for answer in every) < 100_000


def test_all_is_tested_and_what_the_base_lacks_is_shown_with_one_press(working: Workers) -> None:
    lab, desk = working.lab, opened(working, **{TABLE_ID: ""})
    without_our_table(lab)
    tone, text = steps(pressed(desk, "/setup/check"))["table"]
    assert (tone, "新建数据表“广告日报”" in text, "按计划创建" in text) == ("warn", True, True)
    lab.control("permissions", {"document": "none"})
    assert tones(pressed(desk, "/setup/check"))["table"] == "calm"


def test_the_accounts_are_chosen_by_a_line_to_copy(desk: Desk) -> None:
    first, *others = desk.lab.accounts
    answer = pressed(desk, "/setup/accounts", account=others)
    assert f"LAIKE_ACCOUNT_OPTIONS=&#39;{{&#34;{first}&#34;: {{&#34;enabled&#34;: false}}}}&#39;" in answer.text
    assert answer.text.count(" checked") == len(others)
    same = pressed(desk, "/setup/accounts", account=desk.lab.accounts)
    assert "与现在的设置相同" in same.text


@pytest.mark.parametrize("account", [[], [""], ["<script>"], ["1" * 5000]])
def test_without_a_known_account_nothing_is_chosen(desk: Desk, account: list[str]) -> None:
    answer = pressed(desk, "/setup/accounts", account=account)
    assert (answer.status_code, "请至少勾选一个账户" in answer.text) == (400, True)


def test_names_of_accounts_stay_text(working: Workers) -> None:
    desk = opened(working, LAIKE_ACCOUNTS=json.dumps({"1": HOSTILE, "2": "城东店"}))
    working.ctx.tokens.store(read_old_cache(working.lab.token_cache()))
    shown = desk.get("/setup").text
    assert 'name="account" value="1"' in shown
    assert "<script>alert" not in shown
    assert "\u202e" not in shown


def test_more_accounts_than_anybody_ticks_are_chosen_in_a_file(working: Workers) -> None:
    desk = opened(working, LAIKE_ACCOUNTS=json.dumps({str(number): f"门店{number}" for number in range(1, 302)}))
    working.ctx.tokens.store(read_old_cache(working.lab.token_cache()))
    shown = desk.get("/setup").text
    assert "将同步 301 个账户" in shown
    assert ("laike.toml" in shown, "checkbox" in shown) == (True, False)


def test_the_accounts_are_read_where_none_are_known_yet(working: Workers) -> None:
    lab, desk = working.lab, opened(working, LAIKE_ACCOUNTS="")
    working.ctx.tokens.store(read_old_cache(lab.token_cache()))
    assert "还没有读取账户列表" in steps(desk.get("/setup"))["accounts"][1]
    answer = pressed(desk, "/setup/accounts/discover")
    assert (answer.url, tones(answer)["accounts"]) == (f"{desk.url}/setup", "good")


def test_the_bot_sends_one_message_for_one_press(desk: Desk) -> None:
    answer = pressed(desk, "/setup/bot")
    assert (tones(answer)["bot"], desk.lab.calls("bot.webhook")) == ("good", 1)


def test_a_bot_that_refuses_is_told_with_its_cure(working: Workers) -> None:
    hook = working.lab.facts["url"] + "/open-apis/bot/v2/hook/canary-hook"
    desk = opened(working, LAIKE_FEISHU_WEBHOOK_URL=hook)
    answer = pressed(desk, "/setup/bot")
    tone, text = steps(answer)["bot"]
    assert (tone, "复制 Webhook 地址" in text) == ("bad", True)
    assert "canary-hook" not in answer.text


def test_without_a_worker_no_run_begins(desk: Desk) -> None:
    answer = pressed(desk, "/setup/run")
    assert answer.status_code == 502
    assert desk.workers.ctx.ledger.newest(0) == []


def test_the_first_run_is_begun_once_and_watched_to_its_end(desk: Desk) -> None:
    lab = desk.lab
    lab.extra |= SHORT
    desk.workers.worker()
    assert tones(pressed(desk, "/setup/table/make"))["first_run"] == "warn"
    lab.control("latency", {"report.promotion": 1.0})
    consoles = (desk, opened(desk.workers))  # behind one proxy
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: pressed(one, "/setup/run"), consoles * 2))
    assert [tones(answer)["first_run"] for answer in answers] == ["live"] * 4
    (run_id,) = desk.workers.ctx.ledger.newest(0)
    assert all(f"/runs/{run_id}" in answer.text for answer in answers)
    assert "hx-get" in desk.get("/setup/watch").text
    desk.workers.ended(run_id)
    last = desk.get("/setup/watch")
    assert (last.headers.get("HX-Redirect"), "hx-get" in last.text) == ("/setup", False)
    assert "设置已完成" in desk.get("/setup").text
    did = Acts(desk.workers.ctx.client).newest(10)
    assert [(one.act, one.run_id) for one in did] == [("首次同步", run_id), ("创建数据表", None)]
