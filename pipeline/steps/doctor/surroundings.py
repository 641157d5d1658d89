"""Check what surrounds the runs: the group's bot, workers and beat, the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from urllib.parse import urlsplit

from pipeline.addresses import leaves_openly
from pipeline.clients.feishu.bot import Bot
from pipeline.context import Context
from pipeline.core.causes import maintenance_of
from pipeline.core.errors import LaikeError
from pipeline.core.model import CHINA, china_day
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import deadline_s, owed_from, scheduled_id, yesterday
from pipeline.settings import Settings
from pipeline.settings_notes import doubts
from pipeline.state.beat import BeatSigns
from pipeline.steps.accounts.roster import account_count
from pipeline.steps.doctor.findings import Finding, broken, of_error, ok, skipped, warning
from pipeline.steps.telling.tell import SET_THE_HOOK, bot_cure, greet

HOOK = "/open-apis/bot/v2/hook/"
RUNS_LOOKED_AT = 200
SCHEDULE = ("worker", "beat")
_SETTINGS = "请按提示修改 .env（或环境变量）；变量名见 docs/settings.md。"
_WORKER = "请启动 worker：python -m worker（容器：docker compose up -d）。"


@dataclass(frozen=True, slots=True)
class Workers:
    """What only Celery can answer, as functions."""

    answer: Callable[[], bool]
    next_times: Callable[[], Mapping[str, datetime]]  # by task, Asia/Shanghai


def check_settings(ctx: Context) -> list[Finding]:
    """Check doubtful settings and warn of a shifted clock."""
    found, offset = _settings(ctx), ctx.settings.clock_offset_s
    if not offset:
        return [*found, ok("clock", f"{ctx.now().astimezone(CHINA):%Y-%m-%d %H:%M:%S} in Shanghai")]
    says = f"LAIKE_CLOCK_OFFSET_S SHIFTS THE CLOCK BY {offset:.0f} s: days and schedule are those of another time"
    return [*found, warning("clock", says, "LAIKE_CLOCK_OFFSET_S 只用于测试，请从 .env 中删除。")]


def _settings(ctx: Context) -> list[Finding]:
    doubtful = [warning("settings", line, _SETTINGS) for line in doubts(ctx.settings)]
    return doubtful or [ok("settings", "complete")]


def check_addresses(settings: Settings) -> list[Finding]:
    """Warn of addresses to which tokens, figures or cards would go unencrypted."""
    secret = {"LAIKE_FEISHU_WEBHOOK_URL": settings.feishu_webhook_url, "LAIKE_HEARTBEAT_URL": settings.heartbeat_url}
    told = {
        "LAIKE_OCEANENGINE_BASE_URL": settings.oceanengine_base_url,
        "LAIKE_FEISHU_BASE_URL": settings.feishu_base_url,
        **{name: value.get_secret_value() for name, value in secret.items() if value},
    }
    openly = [name for name, address in told.items() if leaves_openly(address)]
    if not openly:
        return []
    says = f"{', '.join(openly)}: plain http, what is sent there is not encrypted"
    return [
        warning("addresses", says, f"请将 {'、'.join(openly)} 改为 https:// 开头的地址；仅本机或演示环境可用 http。")
    ]


def check_webhook(ctx: Context, *, notify: bool) -> Finding:
    """Check the address of the group's bot; `notify` really sends a message."""
    bot = ctx.bot()
    if bot is None:
        return warning("webhook", "LAIKE_FEISHU_WEBHOOK_URL is not set: nobody is told how a run ended", SET_THE_HOOK)
    parts, feishu = urlsplit(bot.url), urlsplit(ctx.settings.feishu_base_url)
    safe = parts.scheme == "https" or (parts.scheme, parts.netloc) == (feishu.scheme, feishu.netloc)
    if not safe or not parts.path.startswith(HOOK) or parts.path == HOOK:
        return broken("webhook", f"LAIKE_FEISHU_WEBHOOK_URL is not https://…{HOOK}…", SET_THE_HOOK)
    if notify:
        return _send(ctx, bot)
    return ok("webhook", "is set; `laike doctor --notify` sends a message")


def check_schedule(ctx: Context, workers: Workers, *, redis: bool) -> list[Finding]:
    """Check that a worker answers and beat fired on time."""
    if not redis:
        return skipped(SCHEDULE, "Redis is out of reach")
    answers = workers.answer()
    worker = ok("worker", "a worker answers") if answers else warning("worker", "no worker answers", _WORKER)
    return [worker, _beat(ctx, workers.next_times())]


def _beat(ctx: Context, times: Mapping[str, datetime]) -> Finding:
    now, settings = ctx.now(), ctx.settings
    newest = yesterday(now)
    due = ", ".join(f"{task} {when:%m-%d %H:%M}" for task, when in sorted(times.items(), key=lambda item: item[1]))
    runs = ctx.ledger.plans(ctx.ledger.newest(RUNS_LOOKED_AT))
    last = next((run for run in runs if run.kind is RunKind.DAILY), None)
    begins = datetime.combine(china_day(now), time.min, CHINA).replace(
        hour=settings.daily_at.hour, minute=settings.daily_at.minute
    )
    deadline = deadline_s(account_count(ctx), 1, settings.oceanengine_rate, settings.run_deadline_s)
    owed = now >= owed_from(now, settings.daily_at, deadline) and any(run.started_at < begins for run in runs)
    if owed and not ctx.ledger.has(scheduled_id(RunKind.DAILY, newest)):
        was = f"the last one was {last.run_id}" if last else "there never was one"
        return warning("beat", f"today's daily run has not begun ({was})", maintenance_of("no_beat"))
    summary = ctx.ledger.summary(last.run_id) if last else None
    was = f"last daily run {last.run_id}: {summary.state if summary else 'not ended'}" if last else "no daily run yet"
    if not BeatSigns(ctx.client).seen():
        return warning("beat", f"beat gave no sign of life within 15 minutes; {was}", maintenance_of("no_beat"))
    return ok("beat", f"{was}; next in Shanghai: {due}")


def _send(ctx: Context, bot: Bot) -> Finding:
    try:
        greet(ctx, bot)
    except LaikeError as error:
        return of_error("webhook", error, bot_cure(error))
    return ok("webhook", "a message was sent to the group")
