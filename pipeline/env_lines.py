r"""Parses `.env` as docker compose does.

    NAME='value'    as it stands: `$`, `#` and backslashes too; only \' is a quote
    NAME="value"    \n, \t, \", \\, \$ …; ${X}, ${X:-default} and ${X-default} are replaced
    NAME=value      up to the end of the line or ` #`; ${X} … are replaced

The value of ${X} comes from the environment, else from a line above. Two things stay as they are, with a note: a `$`
without braces (compose replaces it, but the value may have worked without compose), and nested ${…}.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_BLANK = re.compile(r"[ \t\f\v]*(?:#[^\n]*)?\n")
_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([^=#\s'\"]+)[ \t]*(=?)[ \t]*")
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"(?!['\"])[^\n]*")
_REST = re.compile(r"[ \t\f\v]*(?:#[^\n]*)?\n")
_COMMENT = re.compile(r"\s#.*")
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_PLAIN = r"(?:[^}$]|\$(?!\{))*"  # up to the next reference: searching for the end of each would take quadratic time
_REFERENCE = rf"\$\{{(?P<name>\w+)(?:(?P<how>:?-)(?P<default>{_PLAIN}))?\}}"
_NESTED = re.compile(rf"(?<!\\)\$\{{\w+:?-{_PLAIN}\$\{{")
_IN_BARE = re.compile(rf"{_REFERENCE}|(?P<dollar>\$)")
_IN_DOUBLE = re.compile(rf"\\(?P<escape>[abfnrtv\"\\$])|{_REFERENCE}|(?P<dollar>\$)")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(slots=True)
class EnvLines:
    """The values of a text by variable, and notes for a person; no note holds a value."""

    values: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def parse(text: str, environment: Mapping[str, str]) -> EnvLines:
    """Parse the lines of a `.env`; a line that sets nothing is noted and skipped."""
    text, at, found = re.sub(r"\r\n?", "\n", text) + "\n", 0, EnvLines()
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end()
            continue
        end = _statement(text, at, found, environment)
        if end is None:
            found.notes.append(f"line {text.count(chr(10), 0, at) + 1} is no NAME=value, and left out")
            end = text.index("\n", at) + 1
        at = end
    return found


def _statement(text: str, at: int, found: EnvLines, environment: Mapping[str, str]) -> int | None:
    """Parse the statement that begins here; where it ends, `None` if there is none."""
    named = _NAME.match(text, at)
    if named is None:
        return None
    name = named[1]
    for form in (_SINGLE, _DOUBLE, _BARE):
        value = form.match(text, named.end())
        rest = _REST.match(text, value.end()) if value else None
        if value and rest:
            if named[2]:
                found.values[name] = _read(form, value, name, found, environment)
                return rest.end()
            return None if value[0].strip() and not value[0].startswith("#") else rest.end()
    return None


def _read(
    form: re.Pattern[str], value: re.Match[str], name: str, found: EnvLines, environment: Mapping[str, str]
) -> str:
    if form is _SINGLE:
        return _PAIR.sub(lambda pair: "'" if pair[1] == "'" else pair[0], value[1])
    variables, doubtful = {**found.values, **environment}, set[str]()

    def replaced(match: re.Match[str]) -> str:
        part = match.groupdict()
        if escape := part.get("escape"):
            return _ESCAPES.get(escape, escape)
        if part["dollar"]:
            doubtful.add("a $ that compose replaces")
            return "$"
        given = variables.get(part["name"])
        if given is None or (not given and part["how"] == ":-"):
            if part["how"] is None:
                doubtful.add(f"${{{part['name']}}}, which is not set and therefore nothing")
            return part["default"] or ""
        return given

    written = value[1] if form is _DOUBLE else _COMMENT.sub("", value[0]).rstrip()
    if _NESTED.search(written):
        found.notes.append(f"{name} holds ${{…}} within ${{…}}, which is not supported: it stays as it stands")
        return written
    made = (_IN_DOUBLE if form is _DOUBLE else _IN_BARE).sub(replaced, written)
    found.notes += [f"{name} holds {what}; in single quotes '…' a value stays as it is" for what in sorted(doubtful)]
    return made
