"""Change a true answer: by a JSON merge patch, and by paths to set or remove."""

from typing import Any


def patched(document: dict[str, Any], patch: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply the patch, then the changes. Skips a path that does not exist."""
    result = merged(document, patch)
    for change in changes:
        try:
            _apply(result, change)
        except (LookupError, TypeError):
            continue  # an error answer has no data to change
    return dict(result)


def merged(document: Any, patch: Any) -> Any:  # noqa: ANN401 - any JSON
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _apply(document: Any, change: dict[str, Any]) -> None:  # noqa: ANN401 - any JSON
    *parents, last = change["path"]
    for step in parents:
        document = document[step]
    if "set" in change:
        document[last] = change["set"]
    else:
        del document[last]
