"""What the views must be once a run is looked after."""

from collections import Counter

from pipeline.core.outcome import Summary
from tests.workers import Workers

LOOKED_AFTER_S = 90.0  # what a killed worker held comes back after the visibility timeout


def check_views(team: Workers, summary: Summary) -> None:
    """Each account with rows has its view at last, once, and with its filter; no run owes any."""
    team.looked_after(LOOKED_AFTER_S)
    lab, names = team.lab, team.lab.facts["accounts"]
    table = next(one for one in lab.look("state")["tables"] if one["table_id"] == lab.table_id)
    ours = [view for view in table["views"] if view["view_name"] in names.values()]
    filled = {str(row["local_account_id"]) for row in lab.source(summary.days.first, summary.days.last).values()}
    assert Counter(view["view_name"] for view in ours) == Counter(names[one] for one in filled)
    assert all(len(view["property"]["filter_info"]["conditions"]) == 1 for view in ours), ours
