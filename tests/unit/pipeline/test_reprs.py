"""The repr of nothing that the product holds shows a secret."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.clients.heartbeat import Heartbeat
from pipeline.clients.http import Answer
from pipeline.clients.oceanengine.oauth import OAuth, _Pair
from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.model import TokenPair
from pipeline.core.unreadable import Unreadable
from pipeline.settings import Settings
from pipeline.state import codec
from pipeline.state.no_redis import in_memory
from pipeline.state.tokens.old_cache import _OldCache
from tests.lab import TOKEN_KEY
from tests.unit.pipeline.clients.stub import StubHttp

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
SECRETS = ("canary", TOKEN_KEY)
SET = {
    "redis_url": "redis://laike:canary-1@127.0.0.1:6379/0",
    "oceanengine_app_id": "18",
    "oceanengine_secret": "canary-2",
    "feishu_app_id": "cli_1",
    "feishu_app_secret": "canary-3",
    "bitable_app_token": "bas1",
    "bitable_table_id": "tbl1",
    "token_keys": TOKEN_KEY,
    "feishu_webhook_url": "https://open.feishu.cn/canary-4",
    "feishu_webhook_secret": "canary-5",
    "heartbeat_url": "https://hc.example/canary-6",
    "flower_login": "user:canary-7",
}
PAIR = TokenPair(
    access_token="canary-8", refresh_token="canary-9", expires_at=NOW, refresh_expires_at=NOW, generation=1
)
DEEP = 4


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    settings = Settings(_env_file=None, token_file=tmp_path / "token", **SET)  # type: ignore[arg-type]
    made = build(settings, alone=in_memory())
    made.tokens.store(PAIR)
    made.tenant_token._keep("canary-10", 60)
    return made


def reached(one: object, path: str, deep: int = DEEP) -> Iterator[tuple[str, object]]:
    """A thing of ours and what it is made of, with the way to it; texts and JSON are left out."""
    yield path, one
    if deep:
        named = {part.name for part in fields(one)} if is_dataclass(one) else set(getattr(one, "__dict__", ()))
        for name in sorted(named):
            part: Any = getattr(one, name)
            if not isinstance(part, str | dict):
                yield from reached(part, f"{path}.{name}", deep - 1)


def telling(things: Iterator[tuple[str, object]]) -> list[str]:
    return [path for path, one in things if any(secret in repr(one) for secret in SECRETS)]


def test_no_repr_within_the_context_shows_a_secret(ctx: Context) -> None:
    assert len([*reached(ctx, "ctx")]) > 60
    assert telling(reached(ctx, "ctx")) == []


def test_no_repr_of_what_the_context_makes_shows_a_secret(ctx: Context) -> None:
    made = {
        "bot": ctx.bot(),
        "heartbeat": Heartbeat("https://hc.example/canary-6"),
        "oceanengine": ctx.oceanengine(None),
        "feishu": ctx.feishu(None),
        "refresh": ctx.tokens.refresh,
        "pair": ctx.tokens.pair(),
        "answer": Answer(200, {"X-Token": "canary"}, {"data": {"access_token": "canary"}}),
        "answered pair": _Pair(access_token="canary", refresh_token="canary", expires_in=1, refresh_token_expires_in=1),
        "old cache": _OldCache(access_token="canary", refresh_token="canary", expires_at=NOW, refresh_expires_at=NOW),
        "oauth": OAuth(StubHttp(), "18", "canary-2"),
    }
    assert [path for name, one in made.items() for path in telling(reached(one, name))] == []


def test_a_setting_that_is_wrong_is_not_quoted_by_the_error_either() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, **SET | {"redis_url": "canary", "token_keys": "canary", "oceanengine_rate": "canary"})  # type: ignore[arg-type]
    assert "canary" not in f"{caught.value!s} {caught.value!r}"


def test_a_stored_pair_that_does_not_parse_is_not_quoted() -> None:
    with pytest.raises(Unreadable, match="TokenPair") as caught:
        codec.load(TokenPair, b'{"access_token": "canary-8", "refresh_token": "canary-9"}', "a key")
    assert "canary" not in f"{caught.value!s} {caught.value!r}"
