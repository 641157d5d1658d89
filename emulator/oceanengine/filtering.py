"""`filtering` of the reports, parsed strictly: a report's own keys and values, and no other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.oceanengine import envelope
from emulator.oceanengine.figures import Promotion
from emulator.oceanengine.kinds import FILTER_LISTS, MATERIAL_TYPE, PROJECT_IDS, PROMOTION_IDS, Kind
from emulator.shared.parsing import json_of
from emulator.shared.wire import Refusal


@dataclass(frozen=True)
class Filter:
    """What a report is narrowed to."""

    ids: Mapping[str, frozenset[int]] = field(default_factory=dict)  # by key; none: any
    material_type: str | None = None  # None: any
    fits: bool = True  # whether our promotions pass the other keys
    narrow: bool = False  # whether it has any key

    def wants(self, key: str, one: int) -> bool:
        """Whether an id passes the filter by these ids."""
        return key not in self.ids or one in self.ids[key]

    def takes(self, promotion: Promotion) -> bool:
        """Whether the figures of a promotion count."""
        return self.wants(PROMOTION_IDS, promotion.promotion_id) and self.wants(PROJECT_IDS, promotion.project_id)


def parse(text: str, kind: Kind) -> Filter:
    """Parse the filter of a report, or refuse it."""
    try:
        given = json_of(text)
    except ValueError as problem:
        raise Refusal(envelope.NOT_ACCEPTABLE, "filtering: 不是合法的 JSON") from problem
    if not isinstance(given, dict):
        raise Refusal(envelope.NOT_ACCEPTABLE, "filtering: 必须为 JSON 对象")
    ids = {key: _ids(key, value) for key, value in given.items() if key in kind.ids}
    fitting = [_fits(key, value, kind) for key, value in given.items() if key not in ids]
    return Filter(ids, given.get(MATERIAL_TYPE), all(fitting), narrow=bool(given))


def _ids(key: str, value: object) -> frozenset[int]:
    if not isinstance(value, list) or not all(type(one) is int for one in value):
        raise _refused(key)
    return frozenset(value)


def _fits(key: str, value: object, kind: Kind) -> bool:
    """Whether our promotions have a value; each has a material type of its own."""
    if key in kind.values and value in kind.values[key]:
        return key == MATERIAL_TYPE or value == kind.values[key][0]
    allowed = FILTER_LISTS.get(key)
    if allowed is None or not isinstance(value, list) or not value or not set(map(str, value)) <= set(allowed):
        raise _refused(key)
    return allowed[0] in value


def _refused(key: str) -> Refusal:
    return Refusal(envelope.BAD_FILTER, f"filtering.{key} 不合法")
