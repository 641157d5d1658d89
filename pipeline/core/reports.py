"""The daily reports of 本地推 that a table may hold: what a row is about, and how each is asked for.

Follows 巨量引擎 Marketing API: 获取广告数据, 获取项目数据, 获取素材数据 and 获取账户数据 (local/report/…/get).
"""

from collections.abc import Mapping
from dataclasses import dataclass

ACCOUNT_ID, ACCOUNT_NAME = "account_id", "account_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report.

    Attributes:
        name: Its name in the settings.
        item: What a row is about, as people say it.
        path: Its endpoint.
        rows: The list of its rows in `data`.
        id_field, name_field: The row's fields that name what it is about; columns call them the same.
        ids_filter: The key of `filtering` that takes ids; empty: it has none.
        lacks: The metrics that it does not have.
        sums_up: Whether its 消耗 must sum to the account's.
        within_account: Whether an id names something within its account only.
        witness: The report that sums the same spend otherwise; empty: there is none.
    """

    name: str
    item: str
    path: str
    rows: str
    id_field: str
    name_field: str
    ids_filter: str = ""
    lacks: frozenset[str] = frozenset()
    sums_up: bool = True
    within_account: bool = False
    witness: str = ""

    @property
    def about_account(self) -> bool:
        """Whether a row is about the account itself."""
        return self.id_field == ACCOUNT_ID

    @property
    def key_sources(self) -> tuple[str, ...]:
        """What fills the columns that make a row of a table unique."""
        return ("day", self.id_field, ACCOUNT_ID) if self.within_account else ("day", self.id_field)


PROMOTION = Report(
    name="promotion",
    item="单元",
    path="/open_api/v3.0/local/report/promotion/get/",
    rows="promotion_list",
    id_field="promotion_id",
    name_field="promotion_name",
    ids_filter="promotion_ids",
    witness="project",
)
PROJECT = Report(
    name="project",
    item="项目",
    path="/open_api/v3.0/local/report/project/get/",
    rows="project_list",
    id_field="project_id",
    name_field="project_name",
    ids_filter="cdp_project_ids",
    witness="promotion",
)
# an impression may belong to several materials, and one of a live room to none
MATERIAL = Report(
    name="material",
    item="素材",
    path="/open_api/v3.0/local/report/material/get/",
    rows="material_list",
    id_field="material_id",
    name_field="material_name",
    ids_filter="material_ids",
    lacks=frozenset({"poi_recommend_count"}),
    sums_up=False,
    within_account=True,
)
ACCOUNT = Report(
    name="account",
    item="账户",
    path="/open_api/v3.0/local/report/account/get/",
    rows="data_list",
    id_field=ACCOUNT_ID,
    name_field=ACCOUNT_NAME,
)
REPORTS: Mapping[str, Report] = {one.name: one for one in (PROMOTION, PROJECT, MATERIAL, ACCOUNT)}
