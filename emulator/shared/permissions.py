"""What the two apps may do: endpoints that are denied, the app's right on the base, advanced permissions."""

from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.world.routes import ROUTES

# Endpoints that ask for a token ask for a permission too; the others (OAuth, auth, webhook) need none.
DENIABLE = {route.name: route for route in ROUTES if not route.public}
DOCUMENT_RIGHTS = ("none", "view", "edit", "full_access")


@dataclass
class Permissions:
    """Everything granted that a sync needs, until a test says otherwise."""

    denied: list[str] = field(default_factory=list)
    document: str = "edit"
    advanced: bool = False
    feishu_app_in_use: bool = True

    def change(self, wanted: dict[str, object]) -> None:
        """Set what is named, or raise ValueError and set nothing. `denied` replaces the endpoints denied so far."""
        for name, value in wanted.items():
            if name not in ACCEPTED or not ACCEPTED[name](value):
                msg = f"permission {name!r} does not take {value!r}; {WORDS}"
                raise ValueError(msg)
        for name, value in wanted.items():
            setattr(self, name, value)

    def paths(self, family: str) -> list[str]:
        """The paths of a service's endpoints that are not denied."""
        return [r.path for r in DENIABLE.values() if r.family.name == family and r.name not in self.denied]

    @property
    def hides_rows(self) -> bool:
        """Advanced permissions hide all rows from an app that has no full access, without an error."""
        return self.advanced and self.document != "full_access"


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _are_deniable(value: object) -> bool:
    return isinstance(value, list) and all(name in DENIABLE for name in value)


ACCEPTED: dict[str, Callable[[object], bool]] = {
    "denied": _are_deniable,
    "document": lambda value: value in DOCUMENT_RIGHTS,
    "advanced": _is_flag,
    "feishu_app_in_use": _is_flag,
}
WORDS = (
    f"denied: a list of {', '.join(sorted(DENIABLE))}; document: {', '.join(DOCUMENT_RIGHTS)}; "
    "advanced and feishu_app_in_use: true or false"
)
