"""Further tables beside that of `LAIKE_BITABLE_TABLE_ID`, as the settings describe them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from typing import Any

from pipeline.core.reports import PROMOTION, REPORTS, Report
from pipeline.core.rollover.registry import NAME as REGISTRY_TABLE
from pipeline.core.rollover.split import Split, split_of
from pipeline.core.table.columns import Column, usual_columns
from pipeline.core.table.views import NAME_MAX
from pipeline.core.tables.address import BaseAddress, read_address
from pipeline.core.tables.ends import FIRST_TABLE
from pipeline.core.tables.presets import columns_for
from pipeline.core.text import ACTS, quoted, seen

STATUS_TABLE = "同步状态"
_OURS = (STATUS_TABLE, REGISTRY_TABLE, FIRST_TABLE)
_KEYS = ("name", "report", "at", "accounts", "split", "columns")
_ID = re.compile(r"[0-9]{1,32}")  # real ones have 16 digits
_NOT_IN_A_NAME = re.compile(r"[/\\?*:\[\]]")  # Bitable: 新增一个数据表


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherTable:
    """One further table.

    Attributes:
        name: What cards, pages and 同步状态 call it.
        report: The report whose rows it holds.
        columns: What fills its columns.
        accounts: Ids of the accounts whose rows it holds; empty: all.
        split: When it gets a successor; `None`: as `LAIKE_TABLE_SPLIT` says.
        app_token: The base that it is in; empty: that of `LAIKE_BITABLE_APP_TOKEN`.
        table_id: Its id; empty: the set-up makes it.
        url: The page of its base, without query, if it is known.
    """

    name: str
    report: Report
    columns: tuple[Column, ...]
    accounts: tuple[str, ...] = ()
    split: Split | None = None
    app_token: str = ""
    table_id: str = ""
    url: str | None = None


def further_tables_of(entries: object) -> tuple[FurtherTable, ...]:
    """Tables of the settings, from `[[tables]]` of `laike.toml`; `ValueError` has a line for each problem."""
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ValueError("is no list of tables: write [[tables]] with a name and a report below it")
    problems = [f"{_title(place, entry)}: {words}" for place, entry in enumerate(entries, 1) for words in _wrong(entry)]
    problems += _wrong_together([(_title(place, entry), entry) for place, entry in enumerate(entries, 1)])
    if problems:
        raise ValueError("\n".join(problems))
    return tuple(map(_made, entries))


def judged(tables: Iterable[FurtherTable], accounts: Mapping[str, str], first: tuple[str | None, str | None]) -> None:
    """Refuse tables that do not go with the other settings; `ValueError` has a line for each problem.

    Args:
        tables: The tables.
        accounts: Those of `LAIKE_ACCOUNTS`, id → name; empty: they are discovered.
        first: The base and the id of the table of `LAIKE_BITABLE_TABLE_ID`.
    """
    problems: list[str] = []
    for table in tables:
        place = f"([[tables]] in laike.toml) {table.name}:"
        if accounts and (others := [one for one in table.accounts if one not in accounts]):
            problems.append(f"{place} accounts names {', '.join(others)}, which LAIKE_ACCOUNTS does not name")
        if (table.app_token, table.table_id) == first:
            problems.append(f"{place} at is the table of LAIKE_BITABLE_TABLE_ID; a further table is another one")
    if problems:
        raise ValueError("\n".join(problems))


def _title(place: int, entry: Mapping[str, Any]) -> str:
    name = entry.get("name")
    return f"table {place} ({quoted(name.strip())})" if isinstance(name, str) and seen(name) else f"table {place}"


def _wrong(entry: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with one table."""
    for key in entry:
        if key not in _KEYS:
            yield f"{quoted(key)} is not known; {_nearest(key, _KEYS)}"
    yield from _wrong_name(entry.get("name"))
    yield from _wrong_at(entry)
    yield from _wrong_accounts(entry.get("accounts", []))
    yield from _lines_of(split_of, entry.get("split", Split.AUTO))
    report = _report_in(entry)
    if report:
        yield from _lines_of(_columns, entry.get("columns", []), report)
    elif "report" not in entry:
        yield f"has no report; there are {', '.join(REPORTS)}"
    else:
        yield f"there is no report {quoted(entry['report'])}; {_nearest(entry['report'], list(REPORTS))}"


def _wrong_name(name: object) -> Iterator[str]:
    if not isinstance(name, str) or not seen(name):
        yield "has no name; give it one that nothing else has"
        return
    if len(name.strip()) > NAME_MAX:
        yield f"has a name of {len(name.strip())} characters; use at most {NAME_MAX}"
    if ACTS.search(name.strip()):
        yield "has a name with a line break or an invisible character; write it anew"
    if _NOT_IN_A_NAME.search(name):
        yield r"has a name with one of / \ ? * : [ ], which no table can have; leave it out"
    if _same(name) in map(_same, _OURS):
        yield "has a name that a table of ours goes by; give it another"


def _wrong_at(entry: Mapping[str, Any]) -> Iterator[str]:
    if "at" in entry and _address_in(entry) is None:
        yield "at is no address of a table, https://…/base/…?table=tbl…; copy it from the browser, or leave it out"


def _wrong_accounts(ids: object) -> Iterator[str]:
    if not isinstance(ids, list):
        yield 'accounts is no list of ids, such as ["1832000000000001"]'
        return
    texts = [one for one in ids if isinstance(one, str) and _ID.fullmatch(one)]
    if wrong := [one for one in ids if one not in texts]:
        yield f"accounts holds {', '.join(map(quoted, wrong))}; an id is 1 to 32 digits in quotes"
    if again := [one for one in dict.fromkeys(texts) if texts.count(one) > 1]:
        yield f"accounts names {', '.join(again)} more than once"


def _wrong_together(entries: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """What is wrong with the tables together."""
    for title, entry in entries:
        if _report_in(entry) == PROMOTION and _group_in(entry) == frozenset():
            yield f"{title}: needs accounts: the table of LAIKE_BITABLE_TABLE_ID holds the promotions of all others"
    for (title, entry), (other_title, other) in combinations(entries, 2):
        both = f"{title} and {other_title}"
        if _same(entry.get("name")) and _same(entry.get("name")) == _same(other.get("name")):
            yield f"{both} have one name; give one of them another"
        if _table_in(entry) and _table_in(entry) == _table_in(other):
            yield f"{both} are at one address; a table holds one report of one group of accounts"
        if _report_in(entry) and _report_in(entry) == _report_in(other):
            yield from (f"{both} {words}" for words in _overlap(_group_in(entry), _group_in(other)))


def _overlap(group: frozenset[str] | None, other: frozenset[str] | None) -> Iterator[str]:
    """What is wrong with two groups of accounts of one report; empty: all accounts, `None`: it is no group."""
    if group is None or other is None:
        return
    if not group or not other:
        yield "hold the same report, and one of them of all accounts; name the accounts of each"
    elif both := sorted(group & other):
        yield f"hold the same report of {', '.join(both)}; name each account in one of them"


def _same(name: object) -> str:
    """A name as it is compared: the service trims it, and whether it tells A from a is not documented."""
    return name.strip().casefold() if isinstance(name, str) else ""


def _report_in(entry: Mapping[str, Any]) -> Report | None:
    name = entry.get("report")
    return REPORTS.get(name) if isinstance(name, str) else None


def _group_in(entry: Mapping[str, Any]) -> frozenset[str] | None:
    ids = entry.get("accounts", [])
    return None if any(_wrong_accounts(ids)) else frozenset(ids)


def _address_in(entry: Mapping[str, Any]) -> BaseAddress | None:
    told = entry.get("at")
    address = read_address(told) if isinstance(told, str) else None
    return address if address and address.of_a_table else None


def _table_in(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    address = _address_in(entry)
    return (address.app_token, address.table_id) if address else None


def _columns(told: object, report: Report) -> tuple[Column, ...]:
    return usual_columns(report) if told == [] else columns_for(told, report)


def _lines_of(parse: Any, *told: object) -> Iterator[str]:  # noqa: ANN401 any parser
    """What a parser says against what is told."""
    try:
        parse(*told)
    except ValueError as error:
        yield from str(error).splitlines()


def _nearest(name: object, known: Sequence[str]) -> str:
    near = get_close_matches(str(name), known, n=1, cutoff=0.4)
    return f"the nearest is {near[0]}" if near else f"there are {', '.join(known)}"


def _made(entry: Mapping[str, Any]) -> FurtherTable:
    address, report = _address_in(entry), REPORTS[entry["report"]]
    return FurtherTable(
        name=entry["name"].strip(),
        report=report,
        columns=_columns(entry.get("columns", []), report),
        accounts=tuple(entry.get("accounts", [])),
        split=split_of(entry["split"]) if "split" in entry else None,
        app_token=address.app_token if address else "",
        table_id=address.table_id if address else "",
        url=address.page if address else None,
    )
