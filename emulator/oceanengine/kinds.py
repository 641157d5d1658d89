"""The four reports: where their rows are, what they can be filtered by, which metrics they have."""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.oceanengine.metrics import METRICS

PROMOTION_IDS, PROJECT_IDS, MATERIAL_IDS = "promotion_ids", "cdp_project_ids", "material_ids"
MATERIAL_TYPE, VIDEO, CASURAL = "material_type", "VIDEO", "CASURAL"  # 视频, 图文; spelled as the service does
# Every promotion here has the first of these values; a filter on another finds nothing.
_VALUES: Mapping[str, tuple[str, ...]] = {
    "campaign_type": ("GENERAL", "SEARCHING"),
    "marketing_goal": ("VIDEO_IMAGE", "LIVE"),
    "local_delivery_scene": ("CLUE", "CONTENT_HEATING", "POI_CUSTOMER", "PURCHASE"),
}
FILTER_LISTS: Mapping[str, tuple[str, ...]] = {
    "delivery_mode": ("MANUAL_MODE", "CDP_AUTO_MODE"),
    "external_action": (
        "CLUE_ACQUISITION", "CLUE_CONFIRM", "CLUE_HIGH_INTENTION", "INTENTION_CLUE_ACQUISITION", "FOLLOW_ACTION",
        "LIVE_ENGAGEMENT", "LIVE_ENTER_ACTION", "LIVE_OTO_CLICK", "LIVE_OTO_GROUP_BUYING", "LIVE_STAY_TIME",
        "NATIVE_ACTION", "OTO_PAY", "POI_RECOMMEND", "PRIVATE_MESSAGE", "SHOW",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One report. `ids` and `values`: the keys of `filtering` that only some reports have."""

    name: str  # in control, after `report.`
    rows: str  # the key of its list
    ids: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    metrics: frozenset[str] = METRICS
    order: str = "ASC"  # of days, unless the request says


PROMOTION = Kind("promotion", "promotion_list", (PROMOTION_IDS,), _VALUES)
PROJECT = Kind("project", "project_list", (PROJECT_IDS,), _VALUES)
ACCOUNT = Kind("account", "data_list", (), _VALUES, order="DESC")
MATERIAL = Kind(
    "material",
    "material_list",
    (MATERIAL_IDS, PROMOTION_IDS, PROJECT_IDS),
    {name: values for name, values in _VALUES.items() if name != "marketing_goal"} | {MATERIAL_TYPE: (VIDEO, CASURAL)},
    METRICS - {"poi_recommend_count"},
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (PROMOTION, PROJECT, ACCOUNT, MATERIAL)}
