"""What a body may be, and that it is judged before it costs anything."""

import gzip
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clients.body import DEEPEST, MOST_BYTES, MOST_VALUES, Unfit, judge, parse
from pipeline.core.errors import BadResponse, LaikeError, ServerTrouble, Throttled, TransportTrouble
from tests.unit.pipeline.clients.conftest import Connect, Serve
from tests.unit.pipeline.clients.wire import reply


def trouble(serve: Serve, connect: Connect, answer: bytes) -> LaikeError:
    with pytest.raises(LaikeError) as caught:
        connect(serve(answer).url).call("GET", "/a", timeout_s=10)
    return caught.value


def zipped(body: bytes, encoding: str = "gzip") -> bytes:
    return reply(200, body, {"Content-Encoding": encoding})


BLANK = b'{"code": 0, "data": "%s"}' % (b" " * MOST_BYTES)
UNFIT = {
    "too large": (reply(200, BLANK), "16 MiB"),
    "a bomb": (zipped(gzip.compress(BLANK)), "16 MiB"),
    "a bomb of several files": (zipped(gzip.compress(BLANK[: MOST_BYTES // 2]) * 3), "16 MiB"),
    "another kind of bomb": (zipped(zlib.compress(BLANK), "deflate"), "16 MiB"),
    "a bomb in a bomb": (zipped(gzip.compress(gzip.compress(BLANK)), "gzip, gzip"), "encoding"),
    "an encoding that nobody asked for": (zipped(b"?", "br"), "encoding"),
    "lists in lists": (reply(200, b"[" * 150_000), "100 levels"),
    "objects in objects": (reply(200, b'{"a":' * 50_000), "100 levels"),
    "levels after a text": (reply(200, b'{"a": "\\"}]", "b": ' + b"[" * 101 + b"]" * 101 + b"}"), "100 levels"),
    "one wide sign in a long text": (reply(200, b'{"a": "\xf0\x9f\x98\x80%s"}' % (b"x" * (5 << 20))), "16 MiB"),
    "one wide sign, escaped": (reply(200, b'{"a": "\\ud83d\\ude00%s"}' % (b"x" * (5 << 20))), "16 MiB"),
    "one sign of China in a long text": (reply(200, "{'字%s".encode() % (b"x" * (9 << 20))), "16 MiB"),
    "too many numbers": (reply(200, b'{"a": [%s]}' % b",".join([b"1"] * 199_999)), "200000 values"),
    "too many empty lists": (reply(200, b"[%s]" % b",".join([b"[]"] * 200_000)), "200000 values"),
    "a number of 5,000 digits": (reply(200, b'{"code": %s}' % (b"1" * 5000)), "digits"),
    "an exponent of a thousand": (reply(200, b'{"code": 1e1000}'), "digits"),
    "an exponent that int() never ends with": (reply(200, b'{"total": 1E+100000000}'), "digits"),
    "an exponent that fills the memory": (reply(200, b'{"total": -1.5e-999999}'), "digits"),
    "nothing with an exponent": (reply(200, b'{"total": 0e999999999}'), "digits"),
    "a fraction of 5,000 digits": (reply(200, b'{"a": 0.%s}' % (b"1" * 5000)), "digits"),
    "an exponent of 20 digits": (reply(200, b'{"code": 1e%s}' % (b"9" * 20)), "digits"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_too_much_is_a_bad_response_that_says_why(serve: Serve, connect: Connect, name: str) -> None:
    answer, why = UNFIT[name]
    error = trouble(serve, connect, answer)
    assert type(error) is BadResponse
    assert why in error.message


@pytest.mark.parametrize(("status", "kind"), [(429, Throttled), (500, ServerTrouble)])
def test_of_what_is_too_much_the_status_decides(
    serve: Serve, connect: Connect, status: int, kind: type[LaikeError]
) -> None:
    assert type(trouble(serve, connect, reply(status, b"[" * 200_000))) is kind


@pytest.mark.parametrize("body", [b"\x1f\x8b broken", gzip.compress(b'{"code": 0}')[:-9]], ids=["broken", "half"])
def test_a_packed_body_that_does_not_unpack_is_no_answer(serve: Serve, connect: Connect, body: bytes) -> None:
    assert type(trouble(serve, connect, zipped(body))) is TransportTrouble


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "X-GZIP", "identity, gzip", "deflate"])
def test_what_was_asked_for_is_unpacked(serve: Serve, connect: Connect, encoding: str) -> None:
    body = b'{"code": 0}'
    packed = {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}
    server = serve(zipped(packed.get(encoding.lower()[-4:]) or packed.get(encoding, body), encoding))
    assert connect(server.url).call("GET", "/a").body == {"code": 0}
    assert b"\r\nAccept-Encoding: gzip\r\n" in server.requests[0]


def test_large_bodies_that_come_at_the_same_time_all_come(serve: Serve, connect: Connect) -> None:
    http = connect(serve(reply(200, b'{"code": 0, "data": "%s"}' % (b"x" * (2 << 20)))).url)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.call("GET", "/a"), range(8)))
    assert {len(answer.body["data"]) for answer in answers} == {2 << 20}


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


FIT = {
    "as deep as may be": nested(DEEPEST),
    "as many values as may be": b'{"a": [%s]}' % b", ".join([b"1"] * (MOST_VALUES - 2)),
    "texts of brackets and commas": json.dumps({"a": '[{,\\"' * 300_000, "\\": ["]", "}\\", '"']}).encode(),
    "wide signs in a shorter text": b'{"a": "\xf0\x9f\x98\x80%s"}' % (b"x" * (3 << 20)),
    "a long text of China": b'{"a": "%s"}' % ("字".encode() * (5 << 20)),
    "many empty objects": json.dumps({"a": [{}, [], {"b": []}] * 40_000}).encode(),
    "a text over the pieces of the scan": json.dumps([["x" * 70_000, []], "[" * 70_000]).encode(),
    "what breaks off": b'{"a": [1, "b',
    "what is no JSON": b"<html>]]]]}}}}",
}


@pytest.mark.parametrize("name", FIT)
def test_what_is_not_too_much_passes(name: str) -> None:
    judge(bytearray(FIT[name]))


@pytest.mark.parametrize(
    "one_more",
    [nested(DEEPEST + 1), b'{"a": [%s]}' % b", ".join([b"1"] * (MOST_VALUES - 1))],
    ids=["level", "value"],
)
def test_one_more_does_not_pass(one_more: bytes) -> None:
    with pytest.raises(Unfit):
        judge(bytearray(one_more))


def counted(one: object) -> tuple[int, int]:
    """How many values something of JSON holds, and how deep it is."""
    inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    below = [counted(part) for part in inner]
    levels = 1 + max((deep for _, deep in below), default=0) if isinstance(one, dict | list) else 0
    return 1 + sum(values for values, _ in below), levels


WORDS = st.text('a字 "\\,:[]{}\n', max_size=8)
ANYTHING = st.recursive(
    st.none() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=30,
)


@given(ANYTHING, st.booleans(), st.sampled_from([None, 2]))
def test_values_and_levels_are_those_of_the_document_whatever_its_texts_hold(
    document: object,
    escaped: bool,  # noqa: FBT001 an example's
    indent: int | None,
) -> None:
    values, levels = counted(document)
    text = bytearray(json.dumps(document, ensure_ascii=escaped, indent=indent).encode())
    for bound, count in (("MOST_VALUES", values), ("DEEPEST", levels)):
        for at_most in {count, max(0, count - 1)}:
            with patch(f"pipeline.clients.body.{bound}", at_most):
                assert refused(text) == (at_most < count), (bound, at_most)


def refused(text: bytearray) -> bool:
    try:
        judge(text)
    except Unfit:
        return True
    return False


def test_what_would_be_parsed_as_another_text_than_was_judged_is_no_answer() -> None:
    hidden = '{"a": "∢", "b": ' + "[" * 50  # a sign of UTF-16 that is two quotes as bytes
    assert parse(bytearray(hidden.encode("utf-16"))) is None
    assert parse(bytearray(b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}
