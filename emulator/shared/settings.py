"""Settings that tests change about the two services, and their checks."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

OCEANENGINE_RATE = 5.0  # none is published: the product's starting rate
ROW_CAP = 20_000  # Bitable error 1254103
WRITE_BATCH = 1000  # Bitable, batch create and batch update; older pages say 500
CLIENT_TOKEN_MODES = ("replay", "refuse", "ignore")
LONGEST_S = 100 * 365 * 86_400
MOST_DAYS = 10_000
ROI2 = ("none", "account")  # which report has the spend in 全域推广; sources disagree


@dataclass
class Settings:
    """As documented, until a test changes it."""

    client_token_mode: str = "replay"  # noqa: S105 - a mode, no secret
    restating: bool = False
    row_cap: int = ROW_CAP
    write_batch: int = WRITE_BATCH
    rate_limits: bool = False
    oceanengine_rate: float = OCEANENGINE_RATE
    webhook_secret: str | None = None
    webhook_keyword: str | None = None
    clock_offset_s: float = 0.0
    lost_permission: str | None = None
    time_zone: str = "Asia/Shanghai"
    access_token_grace: float = 0.0
    history_days: int = 60
    roi2: str = "none"
    redirect_uri: str = "https://example.com/laike/callback"  # registered with the app; must match exactly

    def change(self, wanted: dict[str, object]) -> None:
        """Set these, or raise ValueError and set nothing."""
        for name, value in wanted.items():
            if name not in ACCEPTED or not ACCEPTED[name](value):
                raise ValueError(f"setting {name!r} does not take {value!r}; there are {', '.join(ACCEPTED)}")
        for name, value in wanted.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, object]:
        """All settings, without the webhook's secret."""
        shown = {f.name: getattr(self, f.name) for f in fields(self)}
        return shown | {"webhook_secret": "***" if self.webhook_secret else None}


def is_span(value: object) -> bool:
    """Whether a value is a number of seconds that dates can hold, negative ones included."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LONGEST_S


def is_duration(value: object) -> bool:
    """Whether a value is a number of seconds to wait."""
    return isinstance(value, int | float) and is_span(value) and value >= 0


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text_or_null(value: object) -> bool:
    return value is None or isinstance(value, str)


def is_zone(value: object) -> bool:
    """Whether a value is the name of a time zone."""
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (KeyError, ValueError):
        return False


def _is_callback(value: object) -> bool:
    """Whether a value can be registered as the callback address: a web address without query and fragment."""
    if not isinstance(value, str) or not value.isprintable():
        return False
    try:
        address = urlsplit(value)
    except ValueError:
        return False
    whole = f"{address.scheme}://{address.netloc}{address.path}"
    return address.scheme in ("http", "https") and bool(address.hostname) and value == whole


ACCEPTED: dict[str, Callable[[object], bool]] = {
    "client_token_mode": lambda value: value in CLIENT_TOKEN_MODES,
    "restating": _is_flag,
    "row_cap": lambda value: isinstance(value, int) and value >= 0,
    "write_batch": lambda value: isinstance(value, int) and 1 <= value <= WRITE_BATCH,
    "rate_limits": _is_flag,
    "oceanengine_rate": lambda value: is_duration(value) and bool(value),
    "webhook_secret": _is_text_or_null,
    "webhook_keyword": _is_text_or_null,
    "clock_offset_s": is_span,
    "lost_permission": _is_text_or_null,
    "time_zone": is_zone,
    "access_token_grace": is_duration,
    "history_days": lambda value: type(value) is int and 0 <= value <= MOST_DAYS,
    "roi2": lambda value: value in ROI2,
    "redirect_uri": _is_callback,
}
