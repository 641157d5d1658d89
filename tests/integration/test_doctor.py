"""`laike doctor`: a healthy system has no line to mend; one defect has one line, and its cure."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from lab.processes import free_port
from pipeline.context import Context
from pipeline.core.model import Account, DayRange, TokenPair
from pipeline.core.outcome import Run
from pipeline.state import keys
from pipeline.state.beat import BeatSigns
from pipeline.steps.doctor.examine import examine
from pipeline.steps.doctor.findings import Finding, State
from pipeline.steps.doctor.store import check_redis
from pipeline.steps.doctor.surroundings import Workers
from tests.lab import WRITES, Lab
from tests.workers import workers


def no_times() -> Mapping[str, datetime]:
    return {}


@dataclass
class Patient:
    """A healthy system, to which one thing is done before the doctor comes."""

    lab: Lab
    worker: bool = True
    changed: Callable[[Context], Context] = field(default=lambda ctx: ctx)

    def examined(self, *, notify: bool = False) -> list[Finding]:
        """What the doctor finds."""
        ctx = self.changed(self.lab.bare_context())
        return examine(ctx, Workers(lambda: self.worker, no_times), notify=notify)

    def permit(self, **changed: object) -> None:
        """Change what the two apps may do."""
        self.lab.control("permissions", changed)

    def redis(self, name: str, value: str) -> None:
        """Change a setting of the Redis server."""
        redis.Redis.from_url(self.lab.redis_url).config_set(name, value)


@pytest.fixture
def patient(lab: Lab) -> Iterator[Patient]:
    """A healthy system at the present time, its token taken over."""
    lab.at_real_time()
    BeatSigns(lab.context().client).give()
    made = Patient(lab)
    yield made
    made.redis("appendonly", "yes")
    made.redis("maxmemory-policy", "noeviction")
    made.redis("maxmemory", "0")


def not_ok(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.state in (State.WARNING, State.BROKEN)]


def setting(name: str, value: str) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        patient.lab.extra[name] = value

    return change


def denied(*endpoints: str) -> Callable[[Patient], None]:
    return lambda patient: patient.permit(denied=list(endpoints))


def right(**changed: object) -> Callable[[Patient], None]:
    return lambda patient: patient.permit(**changed)


def discovering(more: Callable[[Patient], None]) -> Callable[[Patient], None]:
    """A defect of a system whose accounts are not in its settings."""

    def change(patient: Patient) -> None:
        patient.lab.extra["LAIKE_ACCOUNTS"] = "{}"
        more(patient)

    return change


def nothing_ticked(patient: Patient) -> None:
    patient.lab.control("authorized", {"ticked": []})


def no_account_answers(patient: Patient) -> None:
    for report in ("report.account", "report.promotion"):
        patient.lab.fault(report, "code", code=40002, times="always")


def server(name: str, value: str) -> Callable[[Patient], None]:
    return lambda patient: patient.redis(name, value)


def no_token(patient: Patient) -> None:
    patient.lab.context().client.delete(keys.TOKEN)
    (patient.lab.home / "token").unlink()


def refresh_token_ends_in(left: timedelta) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        ctx = patient.lab.context()
        pair: TokenPair = ctx.tokens.pair()
        ctx.tokens.store(replace(pair, refresh_expires_at=ctx.now() + left))

    return change


def access_token_ended_and_wrong_secret(patient: Patient) -> None:
    ctx = patient.lab.context()
    ctx.tokens.store(replace(ctx.tokens.pair(), expires_at=ctx.now()))
    patient.lab.extra["LAIKE_OCEANENGINE_SECRET"] = "x"


def rotated(patient: Patient) -> None:
    patient.lab.control("rotate", {})


def column_renamed(patient: Patient) -> None:
    rename = {"table_id": patient.lab.table_id, "field_name": "转化数", "name": "转化次数"}
    patient.lab.control("columns/rename", rename)


def column_of_wrong_type(patient: Patient) -> None:
    column_renamed(patient)
    patient.lab.control("columns/delete", {"table_id": patient.lab.table_id, "field_name": "转化次数"})
    patient.lab.control("columns/add", {"table_id": patient.lab.table_id, "name": "转化数", "type": 7})


def other_time_zone(patient: Patient) -> None:
    patient.lab.control("settings", {"time_zone": "America/New_York"})


def rows_of_cap(percent: int) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        more = {"table_id": patient.lab.table_id, "rows": [{"备注": str(number)} for number in range(99)]}
        patient.lab.control("rows/insert", more)
        patient.lab.extra["LAIKE_TABLE_MAX_ROWS"] = str(100 * 100 // percent)

    return change


def reads_as_empty(patient: Patient) -> None:
    patient.lab.sync(patient.lab.day)
    patient.lab.control("settings", {"lost_permission": patient.lab.table_id})


def clock_of_redis_differs(patient: Patient) -> None:
    patient.changed = lambda ctx: replace(ctx, now=lambda: ctx.now() + timedelta(seconds=5))


def redis_away(patient: Patient) -> None:
    patient.lab.extra["LAIKE_REDIS_URL"] = f"redis://:canary-password@127.0.0.1:{free_port()}/0"


def away(name: str) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        patient.lab.extra[name] = f"http://127.0.0.1:{free_port()}"
        if name == "LAIKE_FEISHU_BASE_URL":
            patient.lab.extra["LAIKE_FEISHU_WEBHOOK_URL"] = "https://open.feishu.cn/open-apis/bot/v2/hook/canary"

    return change


def account_gone(patient: Patient) -> None:
    gone = {"local_account_id": patient.lab.accounts[2]}
    for report in ("report.account", "report.promotion"):
        patient.lab.fault(report, "code", code=40002, times="always", match=gone)


def view_without_filter(patient: Patient) -> None:
    patient.lab.sync(patient.lab.day)
    view = patient.lab.facts["accounts"][patient.lab.accounts[0]]
    open_ = {
        "table_id": patient.lab.table_id,
        "view_name": view,
        "filter_info": {"conjunction": "and", "conditions": []},
    }
    patient.lab.control("views/filter", open_)


def view_deleted(patient: Patient) -> None:
    patient.lab.sync(patient.lab.day)
    view = patient.lab.facts["accounts"][patient.lab.accounts[0]]
    patient.lab.control("views/delete", {"table_id": patient.lab.table_id, "view_name": view})


def old_script_writes(patient: Patient) -> None:
    patient.lab.sync(patient.lab.day)
    row = next(record["fields"] for record in patient.lab.records() if record["fields"].get("单元ID"))
    again = {name: row[name] for name in ("时间", "单元ID", "账户名称")}
    patient.lab.control("rows/insert", {"table_id": patient.lab.table_id, "fields": again, "by": "person"})


def beat_is_silent(patient: Patient) -> None:
    ctx = patient.lab.context()
    earlier = ctx.now() - timedelta(days=2)
    day = patient.lab.day - timedelta(days=2)
    account = Account("1", "一店")
    ctx.ledger.open(
        Run(
            run_id=f"daily-{day}",
            day=day,
            days=DayRange(day, day),
            accounts=(account,),
            started_at=earlier,
            deadline=earlier,
        )
    )
    patient.lab.extra |= {"LAIKE_DAILY_AT": "00:00", "LAIKE_RUN_DEADLINE_S": "0.001"}


def no_sign_of_beat(patient: Patient) -> None:
    patient.lab.context().client.delete(keys.BEAT)


def mirror_cannot_be_written(patient: Patient) -> None:
    patient.lab.extra["LAIKE_TOKEN_FILE"] = "/proc/laike-token"


def ebp_refused(patient: Patient) -> None:
    """Beside the usual 来客 account a 升级版工作台 was ticked, and the app lacks the permission for its list."""
    life = {"account_id": "7100000000000000001", "account_name": "城南", "account_type": "PLATFORM_ROLE_LIFE"}
    ebp = {"account_id": "1", "account_name": "新总部", "account_type": "PLATFORM_ROLE_ENTERPRISE_BP_ADMIN"}
    patient.lab.control("authorized", {"ticked": [life, ebp]})
    patient.permit(denied=["accounts.ebp"])


def no_worker(patient: Patient) -> None:
    patient.worker = False


OTHER_KEY = "b3RoZXItdGVzdC1rZXktb2YtMzItYnl0ZXMtbG9uZy4="
W, B = State.WARNING, State.BROKEN
DEFECTS: dict[str, tuple[Callable[[Patient], None], str, State, str]] = {
    # what is done: check, state, a part of its cure
    "ocean engine: wrong secret": (setting("LAIKE_OCEANENGINE_SECRET", "x"), "oceanengine.app", B, "「应用详情」核对"),
    "ocean engine: wrong secret, seen by a refresh": (
        access_token_ended_and_wrong_secret, "oceanengine.app", B, "「应用详情」核对",
    ),
    "ocean engine: wrong app id": (setting("LAIKE_OCEANENGINE_APP_ID", "1"), "oceanengine.app", B, "APP_ID"),
    "ocean engine: out of reach": (away("LAIKE_OCEANENGINE_BASE_URL"), "oceanengine.app", B, "检查服务器网络"),
    "token: none": (no_token, "token", B, "laike token exchange"),
    "token: under another key": (setting("LAIKE_TOKEN_KEYS", OTHER_KEY), "token", B, "LAIKE_TOKEN_KEYS"),
    "token: replaced elsewhere": (rotated, "oceanengine.token", B, "重新授权"),
    "token: refresh token ended": (refresh_token_ends_in(-timedelta(hours=1)), "token", B, "重新授权"),
    "token: refresh token ends soon": (refresh_token_ends_in(timedelta(days=2)), "token", W, "worker 和 beat"),
    "ocean engine: account report not granted": (
        denied("report.account"), "oceanengine.account_report", B, "「权限」申请本地推数据报表中的“获取账户",
    ),
    "ocean engine: promotion report not granted": (
        denied("report.promotion"), "oceanengine.promotion_report", B, "获取广告数据",
    ),
    **{
        f"discovery: {endpoint} not granted": (
            discovering(denied(endpoint)), "oceanengine.account_lists", B, "申请账户列表接口",
        )
        for endpoint in ("accounts.local", "accounts.names")
    },
    "discovery: a 升级版工作台 may not be listed": (
        discovering(ebp_refused), "oceanengine.account_lists", W, "申请账户列表接口",
    ),
    "discovery: nothing was ticked": (discovering(nothing_ticked), "oceanengine.account_lists", B, "勾选全部账户"),
    "ocean engine: one account unavailable": (account_gone, "accounts", B, "勾选全部账户"),
    "ocean engine: no account available": (no_account_answers, "accounts", B, "勾选全部账户"),
    "feishu: wrong secret": (setting("LAIKE_FEISHU_APP_SECRET", "x"), "feishu.app", B, "LAIKE_FEISHU_APP_SECRET"),
    "feishu: wrong app id": (setting("LAIKE_FEISHU_APP_ID", "cli_x"), "feishu.app", B, "LAIKE_FEISHU_APP_ID"),
    "feishu: out of reach": (away("LAIKE_FEISHU_BASE_URL"), "feishu.app", B, "检查服务器网络"),
    "base: wrong app token": (setting("LAIKE_BITABLE_APP_TOKEN", "bascnX"), "base", B, "LAIKE_BITABLE_APP_TOKEN"),
    "table: wrong id": (setting("LAIKE_BITABLE_TABLE_ID", "tblX"), "table", B, "LAIKE_BITABLE_TABLE_ID"),
    **{
        f"scope: {endpoint}": (denied(endpoint), "feishu.permissions", B, f"「权限管理」开通 {scope}，")
        for endpoint, scope in {
            "base.meta": "base:app:read",
            "tables.list": "base:table:read",
            "fields.list": "base:field:read",
            "records.search": "base:record:retrieve",
            "views.list": "base:view:read",
            "views.get": "base:view:read",
            "records.batch_create": "base:record:create",
            "records.batch_update": "base:record:update",
            "records.batch_delete": "base:record:delete",
            "views.patch": "base:view:write_only",
        }.items()
    },
    "scope: several": (denied("views.list", "views.get", "fields.list", "records.batch_create"),
        "feishu.permissions", B, "开通 base:field:read, base:record:create, base:view:read，"),
    "document: no right": (right(document="none"), "feishu.document", B, "「添加文档应用」"),
    "document: may only read": (right(document="view"), "feishu.document", B, "「可编辑」"),
    "document: advanced permissions, and only 可编辑": (right(advanced=True), "feishu.document", B, "「可管理」"),
    "base: advanced permissions": (
        right(advanced=True, document="full_access"), "base.advanced", W, "「可管理」",
    ),
    "base: another time zone": (other_time_zone, "base.time_zone", W, "GMT+8"),
    "table: column missing": (column_renamed, "columns", B, "请把“转化次数”改名为“转化数”"),
    "table: column of a wrong type": (column_of_wrong_type, "columns", B, "“转化数”列是复选框类型"),
    "table: full": (rows_of_cap(100), "room", B, "归档旧数据"),
    "table: nearly full": (rows_of_cap(80), "room", W, "归档旧数据"),
    "table: reads as empty": (reads_as_empty, "rows", B, "「可管理」"),
    "views: one without a filter": (view_without_filter, "views", W, "laike views --fix"),
    "views: one deleted": (view_deleted, "views", W, "laike views --fix"),
    "table: the old script still writes": (old_script_writes, "other_writers", W, "请停用旧脚本"),
    "redis: away": (redis_away, "redis", B, "LAIKE_REDIS_URL"),
    "redis: evicts": (server("maxmemory-policy", "allkeys-lru"), "redis.eviction", B, "noeviction"),
    "redis: not append-only": (server("appendonly", "no"), "redis.aof", W, "appendonly yes"),
    "redis: another clock": (clock_of_redis_differs, "redis.clock", W, "NTP"),
    "clock: shifted": (setting("LAIKE_CLOCK_OFFSET_S", "1"), "clock", W, "LAIKE_CLOCK_OFFSET_S"),
    "addresses: plain http": (
        setting("LAIKE_HEARTBEAT_URL", "http://monitor.example/check"), "addresses", W, "LAIKE_HEARTBEAT_URL",
    ),
    "webhook: none": (setting("LAIKE_FEISHU_WEBHOOK_URL", ""), "webhook", W, "「自定义机器人」"),
    "webhook: no webhook": (setting("LAIKE_FEISHU_WEBHOOK_URL", "https://feishu.cn/x"), "webhook", B, "复制 Webhook"),
    "schedule: no worker": (no_worker, "worker", W, "python -m worker"),
    "schedule: beat gives no sign": (no_sign_of_beat, "beat", W, "celery -A worker.app beat"),
    "token: mirror cannot be written": (mirror_cannot_be_written, "token.mirror", B, "检查磁盘空间"),
    "schedule: beat is silent": (beat_is_silent, "beat", W, "celery -A worker.app beat"),
}  # fmt: skip


def test_a_healthy_system_has_nothing_to_mend(patient: Patient) -> None:
    found = patient.examined()
    assert [one for one in found if one.state != State.OK] == []
    assert len({one.check for one in found}) == len(found)


@pytest.mark.parametrize("table", ["typed_table_id", "text_table_id"])
def test_neither_has_one_that_has_run(patient: Patient, table: str) -> None:
    patient.lab.table = table
    patient.lab.sync()
    assert [one for one in patient.examined() if one.state != State.OK] == []


def test_neither_has_one_that_discovers_its_accounts(patient: Patient) -> None:
    discovering(lambda _: None)(patient)
    assert [one for one in patient.examined() if one.state != State.OK] == []


@pytest.mark.parametrize("name", DEFECTS)
def test_a_single_defect_is_named_with_its_cure_and_nothing_else_is(patient: Patient, name: str) -> None:
    inflict, check, state, cure = DEFECTS[name]
    inflict(patient)
    found = not_ok(patient.examined())
    assert [(one.check, one.state) for one in found] == [(check, state)], found
    assert cure in found[0].cure
    assert found[0].says
    assert "canary" not in found[0].says + found[0].cure


def test_a_wrong_secret_is_seen_although_the_token_of_the_right_one_is_still_good(patient: Patient) -> None:
    patient.lab.sync()
    setting("LAIKE_FEISHU_APP_SECRET", "x")(patient)
    assert [(one.check, one.state) for one in not_ok(patient.examined())] == [("feishu.app", State.BROKEN)]


@pytest.mark.parametrize("name", [name for name in DEFECTS if name.startswith("token: ") and "mirror" not in name])
def test_a_person_is_needed_where_the_token_is_what_is_broken(patient: Patient, name: str) -> None:
    inflict, _, state, _ = DEFECTS[name]
    inflict(patient)
    assert any(one.needs_person for one in patient.examined()) == (state == State.BROKEN)


def test_the_doctor_changes_nothing_in_the_base_and_sends_nothing(patient: Patient) -> None:
    patient.lab.sync()
    before = patient.lab.look("state")
    patient.examined()
    after = patient.lab.look("state")
    assert [after[part] for part in ("tables", "messages", "oauth")] == [
        before[part] for part in ("tables", "messages", "oauth")
    ]


def test_a_message_is_sent_only_when_asked_for(patient: Patient) -> None:
    assert not_ok(patient.examined(notify=True)) == []
    assert len(patient.lab.look("state")["messages"]) == 1
    patient.lab.control("settings", {"webhook_secret": "another"})
    refused = not_ok(patient.examined(notify=True))
    assert [(one.check, one.state) for one in refused] == [("webhook", State.BROKEN)]
    assert "签名校验" in refused[0].cure


def test_a_run_that_is_writing_is_not_disturbed(patient: Patient) -> None:
    ctx = patient.lab.context()
    ctx.client.set(keys.writer(ctx.settings.bitable_app_token), "somebody", px=60_000)
    found = {one.check: one for one in patient.examined()}
    assert found["feishu.writing"].state == State.SKIPPED
    assert patient.lab.calls(*WRITES) == 0
    assert not_ok(list(found.values())) == []


def told(ended: "subprocess.CompletedProcess[str]") -> list[dict[str, Any]]:
    document: list[dict[str, Any]] = json.loads(ended.stdout)
    return [one for one in document if one["state"] in ("warning", "broken")]


def test_the_command_ends_with_0_when_all_is_well_and_with_1_without_a_worker(patient: Patient) -> None:
    lonely = patient.lab.laike("doctor", "--json")
    assert lonely.returncode == 1, lonely.stderr
    assert [one["check"] for one in told(lonely)] == ["worker"]
    with workers(patient.lab) as team:
        team.worker()
        ended = patient.lab.laike("doctor")
    assert ended.returncode == 0, ended.stdout
    assert "laike.daily" in ended.stdout
    assert " checks: " in ended.stdout.splitlines()[-1]


def test_the_command_ends_with_3_when_something_is_broken_and_with_4_for_the_token(patient: Patient) -> None:
    column_renamed(patient)
    ended = patient.lab.laike("doctor")
    assert ended.returncode == 3, ended.stdout
    assert "→ 找不到“转化数”列" in ended.stdout
    rotated(patient)
    assert patient.lab.laike("doctor").returncode == 4


def test_a_redis_that_answers_but_takes_no_writes_is_broken(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redis.retry.sleep", lambda _: None)
    patient.redis("maxmemory", "1")
    found, *others = check_redis(patient.lab.bare_context())
    assert (found.check, found.state, "maxmemory" in found.cure) == ("redis", B, True)
    assert {one.state for one in others} == {State.SKIPPED}


def test_settings_that_are_missing_are_one_line_each(patient: Patient) -> None:
    ended = patient.lab.laike("doctor", "--json", LAIKE_TOKEN_KEYS="", LAIKE_FEISHU_APP_SECRET="")
    assert ended.returncode == 3
    assert [one["check"] for one in told(ended)] == ["settings", "settings"]
    assert "LAIKE_FEISHU_APP_SECRET is missing" in told(ended)[0]["says"]
    assert "laike init" in told(ended)[1]["cure"]


def test_an_address_of_redis_that_is_none_is_told_without_its_password(patient: Patient) -> None:
    ended = patient.lab.laike("doctor", LAIKE_REDIS_URL="redis://:canary/password@127.0.0.1:x/0")
    assert ended.returncode == 3
    assert "LAIKE_REDIS_URL" in ended.stdout
    assert "canary" not in ended.stdout + ended.stderr
