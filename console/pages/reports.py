"""报告: a range of days against the one before it, and files of it to keep."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from math import ceil
from tempfile import TemporaryFile
from typing import BinaryIO

from starlette.responses import Response

from console.choice import chosen
from console.inputs import figures_day_in, page_in
from console.ranges import WEEK, usual
from console.routes import page, whole
from console.visit import Unknown, Visit
from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.model import DayRange, china_day
from pipeline.core.overview.registers.reports import RANGE_DAYS_MAX
from pipeline.core.runs.plan import yesterday
from pipeline.render.export import Format
from pipeline.steps.accounts.roster import account_count
from pipeline.steps.on_demand.export import export_stream, wanted
from pipeline.steps.on_demand.report import gather
from pipeline.steps.overview.reports import compared

PER_PAGE = 50
ROWS_A_CALL, CALLS_BESIDES = 500, 3  # a page of the table; its fields, its views, the base
CHUNK = 64 * 1024
MANY_ACCOUNTS = 500
FILES_AT_ONCE = 2  # each reads the table, and takes a thread meanwhile
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Make = Callable[[Context, DayRange, BinaryIO], None]
_making = threading.BoundedSemaphore(FILES_AT_ONCE)


def show(visit: Visit) -> Response:
    """Show the range that is asked for, else the last days."""
    days, choice = _range(visit), chosen(visit)
    found = compared(choice.ctx, days)
    pages = max(1, ceil(len(found.accounts) / PER_PAGE))
    number = min(page_in(visit.query), pages)
    rows = found.accounts[(number - 1) * PER_PAGE : number * PER_PAGE]
    calls = ceil(found.total.now.figures.rows / ROWS_A_CALL) + CALLS_BESIDES
    return visit.render(
        "reports.html",
        found=found,
        many=len(days),
        short=len(found.lacking),
        rows=rows,
        page=number,
        pages=pages,
        calls=calls,
        usual=usual(china_day(visit.now)),
        asked={"first": days.first, "last": days.last},
        change=change,
        choice=choice,
    )


def file(visit: Visit) -> Response:
    """A file of the range, made now."""
    form, days, choice = visit.param("form"), _range(visit), chosen(visit)
    if form not in FORMS:
        raise Unknown("没有这种格式的文件。")
    content_type, make = FORMS[form]
    with one_of_few():
        made: BinaryIO = TemporaryFile()  # noqa: SIM115 the answer reads and closes it
        make(choice.ctx, days, made)
    table = f"-{choice.name}" if choice.name else ""
    name = f"laike-{'report' if form == 'html' else 'export'}{table}-{days.first}-{days.last}.{form}"
    answer = visit.download(name, content_type, _chunks(made))
    answer.headers["Content-Length"] = str(made.tell())
    return answer


@contextmanager
def one_of_few() -> Iterator[None]:
    """Make at most a few files at the same time."""
    if not _making.acquire(blocking=False):
        raise WrongInput("正在生成其他文件，请稍候再下载。")
    try:
        yield
    finally:
        _making.release()


def _report(ctx: Context, days: DayRange, into: BinaryIO) -> None:
    from pipeline.render.report import page as report_page  # noqa: PLC0415 its charts need 2 MiB that no other page does

    into.write(report_page(gather(ctx, days, [])).encode())


def _rows(form: Format) -> Make:
    def make(ctx: Context, days: DayRange, into: BinaryIO) -> None:
        what = wanted(ctx, days.first, days.last, [], source="table", format_=form, by_account=False)
        export_stream(ctx, what, into, lambda _done, _of: None)
        into.seek(0, 2)

    return make


FORMS: dict[str, tuple[str, Make]] = {
    "html": ("text/html; charset=utf-8", _report),
    "xlsx": (XLSX, _rows("xlsx")),
    "csv": ("text/csv; charset=utf-8", _rows("csv")),
}


def _chunks(made: BinaryIO) -> Iterator[bytes]:
    with made:
        made.seek(0)
        while chunk := made.read(CHUNK):
            yield chunk


def _range(visit: Visit) -> DayRange:
    """The days that are asked for; `WrongInput` in Chinese if they are not over, or too many."""
    newest = yesterday(visit.now)
    last = figures_day_in(visit.query, "last") or newest
    first = figures_day_in(visit.query, "first") or last - timedelta(days=_usual_days(visit) - 1)
    if last > newest:
        raise WrongInput(f"{last} 还没有结束，最晚可选 {newest}。")
    if first > last:
        raise WrongInput(f"开始日期 {first} 晚于结束日期 {last}。")
    if (last - first).days >= RANGE_DAYS_MAX:
        raise WrongInput(f"一次最多 {RANGE_DAYS_MAX} 天。")
    return DayRange(first, last)


def _usual_days(visit: Visit) -> int:
    """How many days are shown unasked: of very many accounts one, since a week of them takes a tenth of a second."""
    return WEEK if account_count(visit.ctx) <= MANY_ACCOUNTS else 1


def change(share: Decimal | None) -> str:
    """A change in per cent, with its sign; a dash where there is nothing to compare with."""
    return "—" if share is None else f"{share:+,.1%}".replace("-", "−")


ROUTES = [page("/reports", show, "reports"), whole("/reports/file/{form}", file, "reports_file")]
