"""What the views must be once a run is looked after."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from pipeline.core.outcome import Summary
from pipeline.core.reports import PROMOTION
from tests.further import source_of
from tests.workers import Workers

LOOKED_AFTER_S = 90.0  # what a killed worker held comes back after the visibility timeout


def check_views(team: Workers, summary: Summary, further: Mapping[str, str] = MappingProxyType({})) -> None:
    """Each account with rows has its view at last, once, and with its filter, in each table; no run owes any.

    Args:
        further: The ids of further tables by report.
    """
    team.looked_after(LOOKED_AFTER_S)
    lab, days = team.lab, summary.days
    tables = {one["table_id"]: one for one in lab.look("state")["tables"]}
    for report, table_id in {PROMOTION.name: lab.table_id, **further}.items():
        names = lab.facts["accounts"].values()
        ours = [view for view in tables[table_id]["views"] if view["view_name"] in names]
        filled = {line.account for line in source_of(lab, report, days.first, days.last)}
        assert Counter(view["view_name"] for view in ours) == Counter(filled), report
        assert all(len(view["property"]["filter_info"]["conditions"]) == 1 for view in ours), ours
