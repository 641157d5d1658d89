"""Settings of the console: what is wrong is said, and no password is."""

import pytest

from pipeline.console_settings import judged_login, judged_prefix, judged_proxies, judged_viewer


@pytest.mark.parametrize(
    "login", ["li:twelve-signs", "李 明:口令口令口令口令口令口令", "li:with:colons:in:it", "li:" + "x" * 200]
)
def test_a_name_and_a_long_password_are_a_login(login: str) -> None:
    assert judged_login(login) == login


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ("", "name:password"),
        ("canary-without-name", "name:password"),
        (":canary-canary", "name:password"),
        ("  :canary-canary", "name:password"),
        ("li:", "name:password"),
        ("li:canary-1234", "password of 11"),
        ("li:canary" + "x" * 200, "password of 206"),
        ("x" * 65 + ":canary-canary", "64"),
        ("li\0:canary-canary", "nobody can type"),
        ("li:canary\tcanary", "nobody can type"),
        ("li:canary-canary\ud800", "nobody can type"),
    ],
)
def test_anything_else_is_refused_without_the_password(login: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refusal:
        judged_login(login)
    assert "canary" not in str(refusal.value)


def test_the_viewer_has_another_name_than_who_may_act() -> None:
    assert judged_viewer("wang:canary-canary", "li:canary-canary") == "wang:canary-canary"
    assert judged_viewer("li:canary-canary", None) == "li:canary-canary"
    with pytest.raises(ValueError, match="same name as LAIKE_CONSOLE_LOGIN"):
        judged_viewer("li:canary-canary", "li:another-password")
    with pytest.raises(ValueError, match="name:password"):
        judged_viewer("li", "li:another-password")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("127.0.0.1", "127.0.0.1"),
        (" 10.0.0.1 , 172.18.0.0/16,fd00::/8,", "10.0.0.1,172.18.0.0/16,fd00::/8"),
    ],
)
def test_proxies_are_addresses_and_networks(given: str, kept: str) -> None:
    assert judged_proxies(given) == kept


@pytest.mark.parametrize("given", ["*", "nginx", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1;10.0.0.2"])
def test_names_and_everybody_are_no_proxies(given: str) -> None:
    with pytest.raises(ValueError, match=r"no address or network|trusts everybody"):
        judged_proxies(given)


@pytest.mark.parametrize(("given", "kept"), [("", ""), ("/", ""), ("/console/", "/console"), ("/a/b-c", "/a/b-c")])
def test_a_prefix_is_a_path_without_its_last_slash(given: str, kept: str) -> None:
    assert judged_prefix(given) == kept


@pytest.mark.parametrize(
    "given", ["console", "//evil.example", "/a//b", "/a/../b", "/a b", "/城", "/a?b", "/a;b", "/a\nb"]
)
def test_anything_else_is_no_prefix(given: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        judged_prefix(given)
