"""A table of Feishu, in memory."""

import json

from pipeline.clients.feishu.views import NAME_TAKEN, Condition
from pipeline.core.errors import BadRequest, LaikeError


class FakeViews:
    """The views of a table: names and filters by id. Writes meet the given errors in turn, before or after they act."""

    def __init__(self) -> None:
        self.named, self.filters = dict[str, str](), dict[str, tuple[Condition, ...]]()
        self.hidden: set[str] = set()  # names of people's private views
        self.create_errors: list[LaikeError] = []
        self.filter_errors: list[LaikeError] = []
        self.acts_before_error = True  # whether a write whose answer is lost has an effect
        self.deaf = False  # whether filters are answered and not kept
        self.refused: set[str] = set()  # values that no filter takes

    def add(self, name: str, *view_filter: Condition) -> str:
        view_id = f"vew{len(self.named)}"
        self.named[view_id] = name
        self.filters |= {view_id: view_filter} if view_filter else {}
        return view_id

    def names(self) -> dict[str, str]:
        return dict(self.named)

    def conditions(self, view_id: str) -> tuple[Condition, ...]:
        return self.filters.get(view_id, ())

    def create(self, name: str) -> str:
        error = self.create_errors.pop(0) if self.create_errors else None
        if error and not (error.effect_possible and self.acts_before_error):
            raise error
        if name in {*self.named.values(), *self.hidden}:
            raise BadRequest("the name is taken", code=NAME_TAKEN)
        made = self.add(name)
        if error:
            raise error
        return made

    def filter_on(self, view_id: str, field_id: str, value: str) -> None:
        if json.loads(value)[0] in self.refused:
            raise BadRequest("no such option")
        error = self.filter_errors.pop(0) if self.filter_errors else None
        if not self.deaf and (error is None or (error.effect_possible and self.acts_before_error)):
            self.filters[view_id] = (Condition(field_id, "is", tuple(json.loads(value))),)
        if error:
            raise error
