"""Read the table: its fields, its time zone, its rows of some days."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import chain
from typing import TypeVar
from zoneinfo import ZoneInfo

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.codes import WRITE_CONFLICT
from pipeline.clients.feishu.records import SEARCH_PAGE
from pipeline.context import Context
from pipeline.core.errors import BadRequest, BadResponse, ColumnVanished, Throttled
from pipeline.core.model import AccountDay, FoundRow
from pipeline.core.outcome import Run
from pipeline.core.table.cells import Field
from pipeline.core.table.layout import Layout, match
from pipeline.core.table.limits import nearly_full
from pipeline.core.table.record import Record
from pipeline.state import keys
from pipeline.state.lease import held
from pipeline.state.runs.staging import Snapshot, packed

T = TypeVar("T")
READINGS = 3  # rows that change between two pages spoil a reading


def take_snapshot(ctx: Context, run: Run, base: Base) -> Snapshot:
    """The table as it is now; raises as `match_fields` does."""
    writes, read_at, creating = writers(ctx), ctx.now(), _will_create(ctx, run)
    with ThreadPoolExecutor(max_workers=1) as pool:
        # the load needs the count: asking now costs no time, the reports are still on their way
        asked = creating and remembered_count(ctx) is None
        count = pool.submit(base.records().count) if asked else None
        fields = base.tables.fields(base.table_id)
        layout = match_fields(ctx, fields, time_zone(ctx, base))
        layout, records = read_following(base, layout, run.days, lambda _, records: packed(records))
        counted = count.result() if count else None
    if counted is None and not records and creating:
        counted = base.records().count()  # no row on these days does not tell whether rows can be seen
    return Snapshot(layout, records, writes, read_at, counted, len(fields))


def _will_create(ctx: Context, run: Run) -> bool:
    """Whether the load will create rows: an account's newest day was never loaded."""
    newest = [AccountDay(account.id, run.days.last) for account in run.accounts]
    return not run.dry_run and len(ctx.coverage.at(newest)) < len(newest)


def remembered_count(ctx: Context, more: int = 0) -> int | None:
    """Rows of the whole table as last counted, plus those we added; `None`: count anew.

    A count is good for a week while `more` rows leave much capacity: people may have added some.
    """
    counts = ctx.table_facts.rows()
    if not counts or not ctx.table_facts.counted_lately():
        return None
    count = counts[max(counts)]
    return None if nearly_full(count + more, ctx.settings.table_max_rows) else count


def writers(ctx: Context) -> int:
    """The base's count of writes that have ended; those of a current writer may land later."""
    writes = ctx.writes.writes()
    return ctx.writes.ended_writes() if held(ctx.client, keys.writer(ctx.app_token())) else writes


def match_fields(ctx: Context, fields: Sequence[Field], zone: ZoneInfo) -> Layout:
    """Match our columns with the table's fields, by name, else by the field id of the last load.

    Raises:
        TableMismatch: A column is missing or cannot hold what we write.
    """
    return match(ctx.settings.columns, fields, zone, ctx.table_facts.field_ids(), ctx.report)


def rows_of(layout: Layout, records: Iterable[Record], days: Collection[date]) -> Iterator[FoundRow]:
    """Records as rows, without those of other days that the wider search found."""
    rows = map(layout.decoder(), records)
    return (row for row in rows if row.day in days)


def read_rows(base: Base, layout: Layout, days: Collection[date]) -> list[FoundRow]:
    """Read every row of `days`; `BadResponse` if three readings in a row contradicted themselves."""
    return _read_days(base, layout, days, lambda now, records: list(rows_of(now, records, days)))


def read_everything(
    base: Base, filters: Sequence[Mapping[str, object] | None] = (None,), tell: Callable[[int], None] = lambda _: None
) -> list[Record]:
    """Read every record that one of the filters passes, with all its cells; by default the whole table.

    Args:
        tell: Takes the number of records read, after each page.

    Raises:
        BadResponse: Three readings in a row contradicted themselves.
    """
    return _whole(base, filters, [], lambda records: list(_counted(records, tell)))


def layout_now(ctx: Context, base: Base) -> tuple[Layout, list[Field]]:
    """Our columns matched with the table's fields of now, and those fields; raises as `match_fields` does."""
    fields = base.tables.fields(base.table_id)
    return match_fields(ctx, fields, time_zone(ctx, base)), fields


def read_following(
    base: Base, layout: Layout, days: Collection[date], made: Callable[[Layout, Iterable[Record]], T]
) -> tuple[Layout, T]:
    """Read the records of `days`, following renamed columns; the layout they were read in, and what `made` returns.

    Args:
        made: Takes the records as they come, page by page, so that they are not all in memory.

    Raises:
        TableMismatch: A column is gone.
        BadResponse: As `read_rows` says.
    """
    try:
        return layout, _read_days(base, layout, days, made)
    except (ColumnVanished, BadRequest):  # a filter on a field that is not there is a wrong request to the service
        now = layout.again(base.tables.fields(base.table_id))
        if now.field_names == layout.field_names:
            raise
    return now, _read_days(base, now, days, made)


def read_when_quiet(ctx: Context, read: Callable[[Base], T]) -> T:
    """Read the base; where a write of ours conflicts, read once more under the writer lock."""
    try:
        return read(ctx.base(None))
    except Throttled as error:
        if error.code != WRITE_CONFLICT:
            raise
    with ctx.writing() as base:
        return read(base)


def _read_days(base: Base, layout: Layout, days: Collection[date], made: Callable[[Layout, Iterable[Record]], T]) -> T:
    filters = list(layout.day_filters(days))
    return _whole(base, filters, layout.field_names, lambda records: made(layout, records))


def _whole(
    base: Base,
    filters: Sequence[Mapping[str, object] | None],
    names: Sequence[str],
    made: Callable[[Iterable[Record]], T],
) -> T:
    return read_again(lambda: made(_search(base, filters, names)))


def read_again(read: Callable[[], T]) -> T:
    """Read until a reading does not contradict itself; `BadResponse` if three in a row did."""
    for reading in range(1, READINGS + 1):
        try:
            return read()
        except BadResponse:
            if reading == READINGS:
                raise
    raise AssertionError


def time_zone(ctx: Context, base: Base) -> ZoneInfo:
    """The base's time zone; asks once a day."""
    if remembered := ctx.base_facts.zone():
        return ZoneInfo(remembered)
    zone = base.tables.time_zone()
    ctx.base_facts.learn_zone(zone.key)
    return zone


def _counted(records: Iterable[Record], tell: Callable[[int], None]) -> Iterator[Record]:
    for number, record in enumerate(records, start=1):
        if number % int(SEARCH_PAGE) == 0:
            tell(number)
        yield record


def _search(base: Base, filters: Sequence[Mapping[str, object] | None], names: Sequence[str]) -> Iterator[Record]:
    """Start the first search at once, so that the caller can prepare meanwhile."""
    first = [base.records().search(filter_, names) for filter_ in filters[:1]]
    others = (base.records().search(filter_, names) for filter_ in filters[1:])
    return _distinct(chain.from_iterable(chain(first, others)))


def _distinct(records: Iterable[Record]) -> Iterator[Record]:
    seen: set[str] = set()
    for record in records:
        if record.record_id not in seen:
            seen.add(record.record_id)
            yield record
