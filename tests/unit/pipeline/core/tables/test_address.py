"""The address of a base: what it says, and whether it is that of a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.tables.address import read_address

PAGE = "https://x.feishu.cn/base/Abc"


@pytest.mark.parametrize("rest", ["", "/", "?table=tblA", "/?view=vew1&table=tblA#top", "#part?table=tblB"])
def test_the_token_and_the_page_are_read_whatever_follows(rest: str) -> None:
    address = read_address(PAGE + rest)
    assert address is not None
    assert (address.app_token, address.page) == ("Abc", PAGE)
    assert address.table_id == ("tblA" if "tblA" in rest else "")


@pytest.mark.parametrize(
    "text", ["", "Abc", "x.feishu.cn/base/Abc", "https://x.feishu.cn/docx/Abc", "https://[x/base/A"]
)
def test_what_is_no_address_of_a_base_says_nothing(text: str) -> None:
    assert read_address(text) is None


@pytest.mark.parametrize("text", [f"{PAGE}?table=tblA", "http://127.0.0.1:9000/wiki/Abc_-1/?table=tblA"])
def test_a_plain_address_with_a_table_is_that_of_a_table(text: str) -> None:
    address = read_address(text)
    assert address is not None
    assert address.of_a_table


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        f"{PAGE}?table=blkA",
        f"{PAGE}?table=tbl",
        f"{PAGE}?table=tblA%22",
        f"{PAGE}/more?table=tblA",
        "https://x.feishu.cn/base/?table=tblA",
        "ftp://x.feishu.cn/base/Abc?table=tblA",
        "https://me:canary@x.feishu.cn/base/Abc?table=tblA",
        "https://x.feishu.cn\n/base/Abc?table=tblA",
    ],
)
def test_what_is_not_the_plain_address_of_a_table_is_none_of_one(text: str) -> None:
    address = read_address(text)
    assert address is not None
    assert not address.of_a_table


@given(st.text() | st.text("[]/?#@:=ab", max_size=30).map("https://x/base/".__add__))
def test_any_text_is_read_or_is_none(text: str) -> None:
    address = read_address(text)
    assert address is None or "?" not in address.page
