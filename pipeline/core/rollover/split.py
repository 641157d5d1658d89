"""When a table gets a successor: the setting `LAIKE_TABLE_SPLIT`."""

from enum import StrEnum


class Split(StrEnum):
    """When a table gets a successor."""

    AUTO = "auto"
    MONTH = "month"
    NONE = "none"


def split_of(told: object) -> Split:
    """The `split` of the settings; `ValueError` if it is none."""
    if told not in list(Split):
        msg = f"split is one of {', '.join(Split)}"
        raise ValueError(msg)
    return Split(str(told))
