"""Where to go after the login: only a page of ours.

local_path(form.get("next", ""), prefix)      # else: the first page
"""

MOST = 2_000  # characters


def local_path(text: str, prefix: str = "") -> str:
    """A path below the prefix as a browser keeps it on this host; empty if it could lead elsewhere."""
    within = text.removeprefix(prefix)
    local = text.startswith(prefix) and within.startswith("/") and not text.startswith("//")
    # a browser takes a backslash for a slash, and leaves control characters out
    plain = text.isprintable() and "\\" not in text and len(text) <= MOST
    return text if local and plain else ""
