"""The accounts that a token reaches: merged, named for good, compared with those of before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.accounts.roster import LIFE, NAMES_SHOWN, WORKBENCH, Found, Roster, Skipped, Why, news, roster
from pipeline.state import codec

NOW = datetime(2026, 2, 14, 23, 30, tzinfo=UTC)  # 07:30 of 15 February in Shanghai
A, B, C = "1834207156320263", "1834207156321111", "1834207156322222"

ids = st.integers(1, 10**6).map(lambda number: f"18{number:014d}")
shops = st.sampled_from(["城东店", "城西店", "蜀香小馆", "a"])
finds = st.lists(st.builds(Found, ids, shops, st.sampled_from([LIFE, WORKBENCH])))


def made(*found: Found, sticky: dict[str, str] | None = None, skipped: tuple[Skipped, ...] = ()) -> Roster:
    return roster(found, skipped, sticky or {}, NOW)


@given(finds)
def test_each_account_is_there_once_whatever_lists_it(found: list[Found]) -> None:
    members = made(*found).members
    assert [one.id for one in members] == list(dict.fromkeys(one.id for one in found))
    for member in members:
        assert set(member.ways) == {one.way for one in found if one.id == member.id}
        assert len(set(member.ways)) == len(member.ways)


@given(finds, finds)
def test_no_two_accounts_are_ever_written_under_one_name(first: list[Found], later: list[Found]) -> None:
    before = made(*first).names
    after = made(*later, sticky=before).names
    names = before | after
    assert len(set(names.values())) == len(names)


@given(finds, finds)
def test_a_name_that_was_written_once_stays(first: list[Found], later: list[Found]) -> None:
    before = made(*first).names
    after = made(*later, sticky=before).names
    assert {number: name for number, name in after.items() if number in before}.items() <= before.items()


@given(finds, finds)
def test_what_was_told_is_the_difference(first: list[Found], later: list[Found]) -> None:
    old, new = made(*first), made(*later)
    told = "\n".join(news(old, new))
    assert ("新增" in told) == bool(new.names.keys() - old.names.keys())
    assert ("不在授权范围" in told) == bool(old.names.keys() - new.names.keys())
    called = {one.id: one.called for one in old.members}
    assert ("改名" in told) == any(called.get(one.id, one.called) != one.called for one in new.members)
    assert news(new, new) == []


def test_accounts_of_one_name_that_come_together_get_the_end_of_their_ids() -> None:
    assert made(Found(A, "城东店", LIFE), Found(B, "城东店", LIFE)).names == {A: "城东店 (0263)", B: "城东店 (1111)"}


def test_an_account_that_comes_later_leaves_the_first_one_its_name() -> None:
    names = made(Found(A, "城东店", LIFE), Found(B, "城东店", LIFE), sticky={A: "城东店"}).names
    assert names == {A: "城东店", B: "城东店 (1111)"}


def test_a_name_stays_taken_when_its_account_is_gone() -> None:
    assert made(Found(B, "城东店", LIFE), sticky={A: "城东店"}).names == {B: "城东店 (1111)"}


def test_where_even_the_ends_are_equal_the_whole_id_tells_accounts_apart() -> None:
    other = "1999999999990263"
    names = made(Found(A, "城东店", LIFE), Found(other, "城东店", LIFE)).names
    assert names == {A: "城东店 (0263)", other: f"城东店 ({other})"}


def test_the_first_way_names_an_account_and_all_ways_are_told() -> None:
    (member,) = made(Found(A, "城东店", LIFE), Found(A, "城东店(新)", WORKBENCH), Found(A, "城东店", LIFE)).members
    assert (member.name, member.called, member.ways) == ("城东店", "城东店", (LIFE, WORKBENCH))


def test_the_first_discovery_names_all_that_it_found() -> None:
    assert news(None, made(Found(A, "城东店", LIFE), Found(B, "城西店", LIFE))) == [
        "02-15 自动发现 2 个账户：城东店、城西店"
    ]


def test_news_say_what_came_what_went_and_what_is_called_otherwise() -> None:
    old = made(Found(A, "城东店", LIFE), Found(B, "城西店", LIFE))
    new = made(Found(A, "城东旗舰店", LIFE), Found(C, "城南店", LIFE), sticky=old.names)
    assert news(old, new) == [
        "02-15 新增 1 个账户，已纳入同步：城南店",
        "02-15 1 个账户已不在授权范围内，已停止同步：城西店；"
        "新的授权会覆盖原先的勾选，若非有意，请重新授权并勾选全部账户",
        "02-15 1 个账户在巨量引擎改名：城东店 改名为 城东旗舰店（表格中仍写作 城东店）",
    ]


def test_what_is_no_longer_valid_is_told_when_it_becomes_so_and_not_again() -> None:
    lost = (Skipped("71", "城南餐饮"),)
    good, bad = made(Found(A, "城东店", LIFE)), made(Found(A, "城东店", LIFE), skipped=(*lost, *lost))
    assert bad.skipped == lost
    assert news(good, bad) == ["02-15 授权中有 1 个账号已失效，已跳过其下的账户：城南餐饮"]
    assert news(bad, bad) == []


def test_what_is_left_out_is_told_with_the_reason_and_again_where_that_changes() -> None:
    good = made(Found(A, "城东店", LIFE))
    skipped = (
        Skipped("1", "新总部", Why.REFUSED),
        Skipped("2", "广告代理", Why.NOT_LOCAL),
        Skipped("3", "某星图", Why.OTHER),
        Skipped("4", "", Why.OTHER),
    )
    left_out = made(Found(A, "城东店", LIFE), skipped=skipped)
    assert news(good, left_out) == [
        "02-15 授权中有 1 个账号的下级账户无法列出，已跳过"
        "（若其下有本地推账户，请联系维护人员申请账户列表权限，再重新授权）：新总部",
        "02-15 授权中有 1 个代理商下没有本地推账户，已跳过：广告代理",
        "02-15 授权中有 2 个账号不含本地推账户，已跳过：某星图、4",
    ]
    assert news(left_out, left_out) == []
    again = made(Found(A, "城东店", LIFE), skipped=(Skipped("1", "新总部"), *skipped[1:]))
    assert news(left_out, again) == ["02-15 授权中有 1 个账号已失效，已跳过其下的账户：新总部"]


def test_an_account_that_nobody_names_is_told_by_its_id_once() -> None:
    nameless = made(Found(A, A, LIFE), Found(B, "城西店", LIFE))
    told = f"02-15 1 个账户未取得名称，以账户 ID 写入表格：{A}"
    assert news(None, nameless)[1:] == [told]
    assert news(made(Found(B, "城西店", LIFE)), nameless)[1:] == [told]
    assert news(nameless, nameless) == []
    named = made(Found(A, "城东店", LIFE), Found(B, "城西店", LIFE), sticky=nameless.names)
    assert news(nameless, named) == [f"02-15 1 个账户在巨量引擎改名：{A} 改名为 城东店（表格中仍写作 {A}）"]


def test_a_roster_of_an_earlier_release_is_read() -> None:
    stored = (
        b'{"at":"2026-02-14T23:30:00Z","members":[{"id":"18","name":"a","called":"a","ways":["\xe6\x9d\xa5\xe5\xae\xa2"]}],'
        b'"skipped":[{"id":"71","name":"b"}]}'
    )
    read = codec.load(Roster, stored, "a key")
    assert read.skipped == (Skipped("71", "b", Why.INVALID),)
    assert read.parents == ()
    assert codec.load(Roster, codec.dump(read, Roster), "a key") == read


def test_the_same_change_on_another_day_is_another_line() -> None:
    old, new = made(), made(Found(A, "城东店", LIFE))
    later = roster([Found(A, "城东店", LIFE)], [], {}, NOW + timedelta(days=1))
    assert news(old, new) != news(old, later)


def test_many_names_are_counted() -> None:
    many = [Found(str(number), f"店{number}", LIFE) for number in range(1, NAMES_SHOWN + 2)]
    assert news(made(), made(*many))[0].endswith(f"店{NAMES_SHOWN} 等 {NAMES_SHOWN + 1} 个")
