"""When a table gets a successor: the setting `LAIKE_TABLE_SPLIT`."""

from enum import StrEnum


class Split(StrEnum):
    """When a table gets a successor."""

    AUTO = "auto"
    MONTH = "month"
    NONE = "none"
