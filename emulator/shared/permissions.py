"""What the two apps may do: denied endpoints, the right on the base, advanced permissions."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

DOCUMENT_RIGHTS = ("none", "view", "edit", "full_access")


@dataclass
class Permissions:
    """Grants all that a sync needs, until a test changes it."""

    denied: list[str] = field(default_factory=list)
    document: str = "edit"
    advanced: bool = False
    feishu_app_in_use: bool = True

    def change(self, wanted: dict[str, object], deniable: Collection[str]) -> None:
        """Set these, or raise ValueError and set nothing. `denied` replaces the former list."""
        for name, value in wanted.items():
            if name not in ACCEPTED or not ACCEPTED[name](value, deniable):
                msg = f"permission {name!r} does not take {value!r}; {WORDS.format(', '.join(sorted(deniable)))}"
                raise ValueError(msg)
        for name, value in wanted.items():
            setattr(self, name, value)

    @property
    def hides_rows(self) -> bool:
        """Whether advanced permissions hide all rows, without an error, from an app without full access."""
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
