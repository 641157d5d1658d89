"""Addresses are judged without being quoted, and their secrets are found however they are broken."""

import pytest

from pipeline.addresses import leaves_openly, passwords_in, secret_web, secrets_in_path, web


@pytest.mark.parametrize("value", ["https://open.feishu.cn", "http://127.0.0.1:8080/x/", "https://h/a?b=c"])
def test_an_address_of_the_web_is_taken_without_a_slash_at_its_end(value: str) -> None:
    assert web(value) == value.rstrip("/")
    assert secret_web(value) == value


@pytest.mark.parametrize(
    "value", ["", "canary", "ftp://canary", "https://", "https://h:canary", "https://[canary", "//x"]
)
def test_what_is_no_address_is_not_quoted(value: str) -> None:
    for judge in (web, secret_web):
        with pytest.raises(ValueError, match=r"^is no address such as https://HOST/PATH$"):
            judge(value)


@pytest.mark.parametrize("value", ["https://user:canary@h", "https://canary@h/x"])
def test_an_address_that_is_told_in_messages_has_no_user_and_password(value: str) -> None:
    with pytest.raises(ValueError, match="holds a user or a password") as caught:
        web(value)
    assert "canary" not in str(caught.value)
    assert secret_web(value) == value


@pytest.mark.parametrize(
    ("address", "secrets"),
    [
        ("redis://127.0.0.1:6379/0", set()),
        ("redis://laike:pa55word@h/0", {"laike:pa55word", "pa55word"}),
        ("redis://:a%2Fb@h/0", {":a%2Fb", "a%2Fb", "a/b"}),
        (
            "redis://:left/right#end@h/0",
            {":left/right#end", "left/right#end", "left", "right#end", "left/right", "end"},
        ),
        ("redis://h/0?password=pa55word&db=1", {"pa55word"}),
        ("https://token@h/x", {"token"}),
    ],
)
def test_the_secrets_of_an_address_are_found_also_where_it_is_broken(address: str, secrets: set[str]) -> None:
    assert set(passwords_in(address)) == secrets


def test_an_address_that_is_a_secret_is_one_as_a_whole_and_in_its_long_parts() -> None:
    address = "https://open.feishu.cn/open-apis/bot/v2/hook/3f2a8c1e-7b5d-4e69-9a0f-2c4d6e8f0a1b"
    hook = "3f2a8c1e-7b5d-4e69-9a0f-2c4d6e8f0a1b"
    assert set(secrets_in_path(address)) == {address, f"/open-apis/bot/v2/hook/{hook}", hook}


@pytest.mark.parametrize(
    ("address", "openly"),
    [
        ("https://open.feishu.cn", False),
        ("http://open.feishu.cn", True),
        ("http://emulator:8080", True),
        ("http://10.0.0.7", True),
        ("http://127.0.0.1:9000/x", False),
        ("http://127.8.8.8", False),
        ("http://[::1]:8080", False),
        ("http://localhost:8080", False),
        ("http://emulator.localhost", False),
        ("http://localhost.example", True),
    ],
)
def test_plain_http_is_told_where_it_leaves_the_machine(address: str, *, openly: bool) -> None:
    assert leaves_openly(address) == openly
