"""Read the reports of an account for a batch; what several tables of a run need is asked for once."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.reports import TOTALS, daily_costs, read_report
from pipeline.context import Context
from pipeline.core.model import DayRange, ReportRow, blocks
from pipeline.core.outcome import Run
from pipeline.core.reports import ACCOUNT, Report
from pipeline.core.runs import plan
from pipeline.core.table.columns import metrics_of
from pipeline.state import keys
from pipeline.state.lease import hold
from pipeline.state.runs.shared_reports import ReadReport


class Reports:
    """The reports of one account.

    Args:
        part: The batch that they are read for.
        anew: Whether what was read for another table a moment ago does not do.
    """

    def __init__(self, ctx: Context, api: OceanEngine, part: Run, account_id: str, *, anew: bool = False) -> None:
        self._ctx, self._api, self._part, self._account_id, self._anew = ctx, api, part, account_id, anew
        self._read_at = [ctx.shared_now()]

    @property
    def as_of(self) -> datetime:
        """Redis' clock before the first call for what was read."""
        return min(self._read_at)

    def own(self, days: DayRange) -> list[ReportRow]:
        """The rows of the table's own report."""
        return self._rows(self._ctx.report, days, metrics_of(self._ctx.settings.columns))

    def account(self, days: DayRange) -> list[ReportRow]:
        """The rows of the account report, with its totals and what tables of accounts need."""
        own = metrics_of(self._ctx.settings.columns) if self._ctx.report.about_account else ()
        return self._rows(ACCOUNT, days, tuple(dict.fromkeys((*TOTALS, *self._of_other_tables(), *own))))

    def sums(self, report: Report, days: Collection[date]) -> dict[date, Decimal]:
        """The sums of another report by day: those of the run's table of it, where it has these days."""
        if self._part.several and (found := self._in_table(report, days)) is not None:
            return daily_costs(found)
        sums: dict[date, Decimal] = {}
        for block in blocks(days, plan.BLOCK_DAYS):
            sums |= daily_costs(read_report(self._api, report, self._account_id, block, ["stat_cost"]))
        return sums

    def _of_other_tables(self) -> list[str]:
        """The metrics of the account report that tables of this run may need."""
        tables = (self._ctx.home or self._ctx).settings.tables if self._part.several else ()
        ours = (one for one in tables if not one.accounts or self._account_id in one.accounts)
        return [name for one in ours if one.report.about_account for name in metrics_of(one.columns)]

    def _in_table(self, report: Report, days: Collection[date]) -> list[ReportRow] | None:
        """The rows of a report as the run reads it for another table; `None`: it does not."""
        run = self._ctx.ledger.run(self._part.run_id)
        for part in plan.parts(run):
            here = set(days) <= set(part.days) and any(one.id == self._account_id for one in part.accounts)
            if here and (table := self._ctx.of(part)).report == report:
                return self._rows(report, part.days, metrics_of(table.settings.columns))
        return None

    def _rows(self, report: Report, days: DayRange, metrics: Sequence[str]) -> list[ReportRow]:
        if not (self._part.several and (report.about_account or report.witness)):
            return read_report(self._api, report, self._account_id, days, metrics)
        ctx, run_id = self._ctx, self._part.run_id
        request = _name(report.name, self._account_id, days.first, days.last, *metrics)
        with hold(ctx.client, keys.step(run_id, f"report.{request}"), ctx.time_left(self._part)):
            found = None if self._anew else ctx.shared_reports.of(run_id, request)
            if found is None:
                as_of = ctx.shared_now()
                rows = read_report(self._api, report, self._account_id, days, metrics)
                found = ReadReport(as_of, tuple(rows))
                ctx.shared_reports.learn(run_id, request, found)
        self._read_at.append(found.as_of)
        return list(found.rows)


def _name(*request: object) -> str:
    return hashlib.sha256(" ".join(map(str, request)).encode()).hexdigest()[:16]
