"""What the two apps may do: endpoints that are denied, the app's right on the base, advanced permissions."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

DOCUMENT_RIGHTS = ("none", "view", "edit", "full_access")


@dataclass
class Permissions:
    """Everything granted that a sync needs, until a test says otherwise."""

    denied: list[str] = field(default_factory=list)
    document: str = "edit"
    advanced: bool = False
    feishu_app_in_use: bool = True

    def change(self, wanted: dict[str, object], deniable: Collection[str]) -> None:
        """Set what is named, or raise ValueError and set nothing. `denied` replaces the endpoints denied so far."""
        for name, value in wanted.items():
            if name not in ACCEPTED or not ACCEPTED[name](value, deniable):
                msg = f"permission {name!r} does not take {value!r}; {WORDS.format(', '.join(sorted(deniable)))}"
                raise ValueError(msg)
        for name, value in wanted.items():
            setattr(self, name, value)

    @property
    def hides_rows(self) -> bool:
        """Advanced permissions hide all rows from an app that has no full access, without an error."""
        return self.advanced and self.document != "full_access"


def _is_flag(value: object, _deniable: Collection[str]) -> bool:
    return isinstance(value, bool)


ACCEPTED: dict[str, Callable[[object, Collection[str]], bool]] = {
    "denied": lambda value, deniable: isinstance(value, list) and all(name in deniable for name in value),
    "document": lambda value, _deniable: value in DOCUMENT_RIGHTS,
    "advanced": _is_flag,
    "feishu_app_in_use": _is_flag,
}
WORDS = f"denied: a list of {{}}; document: {', '.join(DOCUMENT_RIGHTS)}; advanced and feishu_app_in_use: true or false"
