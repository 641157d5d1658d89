"""Further tables as the settings describe them: what is read, and what is refused with what to do."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.core.reports import ACCOUNT, MATERIAL, PROJECT, PROMOTION, REPORTS
from pipeline.core.rollover.split import Split
from pipeline.core.table.columns import usual_columns
from pipeline.core.tables.further import FurtherTable, further_tables_of, judged

A, B = "1834207156320263", "1834207156321111"
AT = "https://x.feishu.cn/base/Abc?table=tblA&view=vew1"
COLUMNS = [
    {"name": "日期", "metric": "day"},
    {"name": "项目", "metric": "project_id"},
    {"name": "门店", "metric": "account_name"},
    {"name": "花费", "metric": "stat_cost"},
]


def entry(**more: object) -> dict[str, Any]:
    """A table of projects, and what it says besides or instead."""
    return {"name": "项目日报", "report": "project"} | more


def problems(*entries: object) -> list[str]:
    with pytest.raises(ValueError, match=r".") as caught:
        further_tables_of(list(entries))
    return str(caught.value).splitlines()


def test_a_table_with_all_that_can_be_said_is_read() -> None:
    told = entry(name=" 项目日报 ", at=AT, accounts=[A], split="month", columns=COLUMNS)
    (table,) = further_tables_of([told])
    assert [column.name for column in table.columns] == ["日期", "项目", "门店", "花费"]
    assert table == FurtherTable(
        name="项目日报",
        report=PROJECT,
        columns=table.columns,
        accounts=(A,),
        split=Split.MONTH,
        app_token="Abc",
        table_id="tblA",
        url="https://x.feishu.cn/base/Abc",
    )


@pytest.mark.parametrize("more", [{}, {"columns": [], "accounts": []}])
def test_what_is_left_out_is_as_usual(more: dict[str, Any]) -> None:
    assert further_tables_of([entry(**more)]) == (
        FurtherTable(name="项目日报", report=PROJECT, columns=usual_columns(PROJECT)),
    )


def test_every_report_may_have_a_table_of_its_own() -> None:
    told = [entry(name=name, report=name, accounts=[A]) for name in REPORTS]
    assert [table.report for table in further_tables_of(told)] == [PROMOTION, PROJECT, MATERIAL, ACCOUNT]


def test_no_tables_are_none() -> None:
    assert further_tables_of([]) == ()


@pytest.mark.parametrize("entries", [{}, "tables", None, 1, [1], [[]], [entry(), "项目"]])
def test_what_is_no_list_of_tables_is_refused(entries: object) -> None:
    with pytest.raises(ValueError, match=r"^is no list of tables: write \[\[tables\]\]"):
        further_tables_of(entries)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"acounts": []}, "acounts is not known; the nearest is accounts"),
        ({"名": 1}, "名 is not known; there are name, report, at, accounts, split, columns"),
        ({"report": "projects"}, "there is no report projects; the nearest is project"),
        ({"report": "门店"}, "there is no report 门店; there are promotion, project, material, account"),
        ({"report": ["project"]}, "there is no report ['project']; the nearest is project"),
        ({"at": "https://x.feishu.cn/base/Abc"}, "at is no address of a table, https://…/base/…?table=tbl…;"),
        ({"at": "tblA"}, "at is no address of a table"),
        ({"at": ""}, "at is no address of a table"),
        ({"at": 7}, "at is no address of a table"),
        ({"accounts": A}, 'accounts is no list of ids, such as ["1832000000000001"]'),
        ({"accounts": [int(A)]}, f"accounts holds {A}; an id is 1 to 32 digits in quotes"),
        ({"accounts": [A, "城东店"]}, "accounts holds 城东店; an id is 1 to 32 digits in quotes"),
        ({"accounts": ["１２"]}, "accounts holds １２; an id is 1 to 32 digits in quotes"),
        ({"accounts": [A, B, A]}, f"accounts names {A} more than once"),
        ({"split": "week"}, "split is one of auto, month, none"),
        ({"split": None}, "split is one of auto, month, none"),
        ({"columns": "all"}, 'is neither a list of columns nor "local", the one preset'),
        ({"columns": 7}, "is no list of columns, each with a name and a metric or a formula"),
        ({"columns": COLUMNS[1:]}, "no column has the metric day (such as 时间), which is needed"),
        (
            {"columns": [*COLUMNS, {"name": "单元", "metric": "promotion_id"}]},
            "column 5 (单元): the report has no 'promotion_id'",
        ),
        (
            {"report": "material", "columns": [*COLUMNS, {"name": "到店", "metric": "poi_recommend_count"}]},
            "column 5 (到店): the report has no 'poi_recommend_count'",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_what_to_do(more: dict[str, Any], line: str) -> None:
    told = problems(entry(**more))
    assert [one for one in told if one.startswith(f"table 1 (项目日报): {line}")], told


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (None, "table 1: has no name; give it one that nothing else has"),
        (7, "table 1: has no name; give it one that nothing else has"),
        (" \u3000", "table 1: has no name; give it one that nothing else has"),
        ("\u200b", "table 1: has no name; give it one that nothing else has"),
        ("项" * 101, f"table 1 ({'项' * 101}): has a name of 101 characters; use at most 100"),
        ("项目\n日报", "table 1 (项目�日报): has a name with a line break or an invisible character; write it anew"),
        (
            "项目\u202e日报",
            "table 1 (项目�日报): has a name with a line break or an invisible character; write it anew",
        ),
        (
            "项目/日报",
            r"table 1 (项目/日报): has a name with one of / \ ? * : [ ], which no table can have; leave it out",
        ),
        ("同步状态", "table 1 (同步状态): has a name that a table of ours goes by; give it another"),
        (" 数据表清单", "table 1 (数据表清单): has a name that a table of ours goes by; give it another"),
    ],
)
def test_a_name_that_no_table_may_have_is_refused(name: object, line: str) -> None:
    assert problems(entry(name=name)) == [line]


def test_a_table_without_anything_misses_name_and_report() -> None:
    assert problems({}) == [
        "table 1: has no name; give it one that nothing else has",
        "table 1: has no report; there are promotion, project, material, account",
    ]


def test_two_tables_of_one_name_are_refused_whatever_its_case() -> None:
    told = problems(entry(name="Daily", accounts=[A]), entry(name="daily ", accounts=[B]))
    assert told == ["table 1 (Daily) and table 2 (daily) have one name; give one of them another"]


def test_one_address_of_two_tables_is_refused() -> None:
    other = AT.replace("&view=vew1", "#again")
    told = problems(entry(at=AT), entry(name="素材日报", report="material", at=other))
    assert told == [
        "table 1 (项目日报) and table 2 (素材日报) are at one address; "
        "a table holds one report of one group of accounts"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([], [A], "hold the same report, and one of them of all accounts; name the accounts of each"),
        ([], [], "hold the same report, and one of them of all accounts; name the accounts of each"),
        ([A, B], [B], f"hold the same report of {B}; name each account in one of them"),
    ],
)
def test_overlapping_groups_of_one_report_are_refused(first: list[str], second: list[str], words: str) -> None:
    told = problems(entry(accounts=first), entry(name="项目二", accounts=second))
    assert told == [f"table 1 (项目日报) and table 2 (项目二) {words}"]
    other = entry(name="素材日报", report="material", accounts=second)
    assert len(further_tables_of([entry(accounts=first), other])) == 2  # of two reports they may overlap


def test_groups_of_promotions_overlap_only_with_each_other() -> None:
    told = problems(
        entry(name="一", report="promotion", accounts=[A]), entry(name="二", report="promotion", accounts=[A])
    )
    assert told == [f"table 1 (一) and table 2 (二) hold the same report of {A}; name each account in one of them"]


@pytest.mark.parametrize("more", [{}, {"accounts": []}])
def test_a_further_table_of_promotions_needs_its_accounts(more: dict[str, Any]) -> None:
    assert problems(entry(report="promotion", **more)) == [
        "table 1 (项目日报): needs accounts: the table of LAIKE_BITABLE_TABLE_ID holds the promotions of all others"
    ]


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = problems(entry(splitt=1, accounts=1), entry(report="poi", at=1))
    assert [one.partition(":")[0] for one in told] == [
        "table 1 (项目日报)",
        "table 1 (项目日报)",
        "table 2 (项目日报)",
        "table 2 (项目日报)",
        "table 1 (项目日报) and table 2 (项目日报) have one name; give one of them another",
    ]


def test_a_table_that_goes_with_the_other_settings_is_taken() -> None:
    judged(further_tables_of([entry(at=AT, accounts=[A])]), {A: "城东店"}, ("Abc", "tblB"))
    judged(further_tables_of([entry(at=AT, accounts=[A])]), {}, ("Other", "tblA"))
    judged(further_tables_of([entry()]), {}, (None, None))


def test_a_table_that_does_not_go_with_the_other_settings_is_refused() -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        judged(further_tables_of([entry(at=AT, accounts=[A, B])]), {A: "城东店"}, ("Abc", "tblA"))
    assert str(caught.value).splitlines() == [
        f"([[tables]] in laike.toml) 项目日报: accounts names {B}, which LAIKE_ACCOUNTS does not name",
        "([[tables]] in laike.toml) 项目日报: at is the table of LAIKE_BITABLE_TABLE_ID; "
        "a further table is another one",
    ]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(), deeper, max_size=3),
    max_leaves=8,
)
words = st.sampled_from([*REPORTS, "auto", AT, A, "local", "项目日报", "day", "stat_cost", "stat_cost / show_cnt"])
columns = st.lists(st.dictionaries(st.sampled_from(["name", "metric", "formula", "round"]), json | words), max_size=3)
entries = st.dictionaries(
    st.sampled_from(["name", "report", "at", "accounts", "split", "columns"]) | st.text(),
    json | words | st.lists(words) | columns,
)


@given(json | st.lists(entries, max_size=3))
@example([entry(columns=[{"name": "a", "metric": [], "round": 1}])])
@example([entry(split=[])])
def test_any_document_is_read_or_refused(told: object) -> None:
    try:
        made = further_tables_of(told)
    except ValueError:
        return
    assert isinstance(told, list)
    assert [table.name for table in made] == [one["name"].strip() for one in told]
