"""Text without the secrets that a process holds, however they are written."""

import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import redaction
from pipeline.core.errors import BadRequest, NeedsPerson, Trouble
from pipeline.core.redaction import MARK, PASSING, hold, hold_passing, redacted, redacted_in

SECRET = 'Canary/of+a #secret?&"quoted" é\\\''


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        re.sub("%..", lambda found: found[0].lower(), quote(SECRET, safe="")),
        quote_plus(SECRET),
        json.dumps({"held": SECRET}),
        json.dumps({"held": SECRET}, ensure_ascii=False),
        repr([SECRET]),
        repr(SECRET.encode()),
        html.escape(SECRET),
    ],
)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    hold(SECRET)
    told = redacted(f"before {written} after")
    assert "anary" not in told
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert MARK in told


@given(secret=st.text(min_size=6, max_size=40), before=st.text(max_size=10), after=st.text(max_size=10))
def test_no_secret_of_any_letters_stays_in_any_text(secret: str, before: str, after: str) -> None:
    redaction._held = redaction._Held()
    hold(secret)
    if not secret.isdigit() and MARK not in secret:
        assert secret not in redacted(f"{before}{secret}{after}").replace(MARK, "\0")


def test_what_is_written_quoted_in_an_address_is_found_plain_too() -> None:
    hold("canary%2Fof%23redis")
    assert redacted("canary/of#redis") == MARK


def test_of_a_secret_within_another_nothing_is_left() -> None:
    hold("hook-4711", "https://open.feishu.cn/hook-4711/x")
    assert redacted("to https://open.feishu.cn/hook-4711/x and hook-4711") == f"to {MARK} and {MARK}"


@pytest.mark.parametrize("secret", ["", "short", "12345678", "1834207156320263"])
def test_what_could_be_a_word_or_a_figure_is_not_looked_for(secret: str) -> None:
    hold(secret, None)
    said = f"城东店 消耗 12345678 元, 1834207156320263, {secret}"
    assert redacted(said) == said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("cannot connect to redis://laike:pw@h:6379/0: refused", "cannot connect to redis://***@h:6379/0: refused"),
        ("redis://:a/b#c@h:6379/0", "redis://***@h:6379/0"),
        ("redis://:a@b@h/0 and rediss://:12@h/1", "redis://***@h/0 and rediss://***@h/1"),
        ("at https://user:pw@h/p?mail=a@b.c", "at https://***@h/p?mail=a@b.c"),
        ("no address: a@b.c, https://h/p?mail=a@b.c", "no address: a@b.c, https://h/p?mail=a@b.c"),
    ],
)
def test_user_and_password_of_an_address_are_taken_out_whoever_it_belongs_to(said: str, told: str) -> None:
    assert redacted(said) == told


def test_of_tokens_that_come_and_go_the_newest_are_held() -> None:
    hold("lasting-canary")
    for number in range(PASSING + 10):
        hold_passing(f"token-canary-{number:04}")
    assert redacted("lasting-canary") == MARK
    assert redacted(f"token-canary-{PASSING + 9:04}") == MARK
    assert redacted("token-canary-0009") == "token-canary-0009"
    assert redacted("token-canary-0010") == MARK


def test_json_keeps_its_shape_and_its_figures() -> None:
    hold("canary-1")
    value = {"a": ["canary-1", 7, None, True, 1.5], "b": {"canary-1": ("x canary-1",)}, "c": {"canary-1"}}
    told = redacted_in(value)
    assert told["a"] == [MARK, 7, None, True, 1.5]
    assert told["c"] == "{'***'}"
    assert "canary-1" not in str(list(told["b"].values()))


def test_an_error_and_its_trouble_hold_no_secret_whatever_the_service_echoed() -> None:
    hold("canary-1")
    error = BadRequest("code 7, no canary-1 here", request_id="canary-1")
    error.add("request: canary-1")
    assert "canary-1" not in f"{error} {error!r} {error.args} {error.message} {error.trouble()!r}"
    assert "canary-1" not in str(NeedsPerson("x", what_to_do="请检查 canary-1").trouble())
    assert Trouble(reason="x", message="m", what_to_do="w").request_id is None
