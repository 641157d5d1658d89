"""The house rules that a linter does not measure: short files, short functions, words on what is public."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipeline", "worker", "cli", "console", "emulator", "lab")
FILE_LINES_MAX = 300
FOLDER_MODULES_MAX = 16
FUNCTION_LINES_MAX = 40
FUNCTION_LINES_MEDIAN = 10

# Where everything may be caught, and why: "path::function" → reason.
BROAD_EXCEPTS: dict[str, str] = {
    "cli/runs/sync.py::work": "the thread that waits raises it again",
    "pipeline/outgoing.py::guarded": "the end of an entry point: its trace is told without secrets, and it failed",
    "pipeline/steps/telling/card.py::_alerts": "what is out of the ordinary is told besides: a bug there fails nothing",
    "pipeline/steps/telling/card.py::_background": "what a card adds must not keep the run's end from the group",
    "pipeline/steps/runs/finish.py::_besides": "what comes after a run's end is told if it breaks, and fails nothing",
    "pipeline/steps/runs/verify.py::_look_ahead": "it spares the run's end a search, which else looks itself",
    "pipeline/steps/runs/once.py::outcome": "the edge of each step: counted, and the third one is the step's outcome",
    "worker/consumer.py::defect": "what makes a message one that cannot be unpacked is that message's matter",
    "worker/unforeseen.py::each_open_run": "what is wrong with one run is told, and the others are looked after",
    "worker/unforeseen.py::tells_errors": "it is told and raised again",
    "worker/unforeseen.py::swallows_errors": "it is told; a header never raises, and the watchdog sends what was not",
    "worker/messages.py::_loads_or_none": "what is no message is discarded",
    "worker/messages.py::defect": "what is no message is discarded",
    "worker/watchdog.py::look_and_beat": "it is told; a thread that ends is started by nobody",
}

# What of rich the commands may import, by file: only two of these make a console or text, so that no word is markup.
RICH: dict[str, set[str]] = {
    "cli/runs/coverage.py": {"rich.cells.cell_len", "rich.cells.set_cell_size"},
    "cli/terminal/output.py": {
        "rich.console.Console",
        "rich.console.RenderableType",
        "rich.table.Table",
        "rich.text.Text",
    },
    "cli/terminal/progress.py": {
        f"rich.progress.{name}"
        for name in ("BarColumn", "MofNCompleteColumn", "Progress", "TextColumn", "TimeRemainingColumn")
    },
    "cli/terminal/streams.py": {"rich.cells.cell_len"},
    "cli/terminal/trace.py": {"rich.text.Text", "rich.tree.Tree"},
    "cli/terminal/words.py": {"rich.text.Text"},
}
# Calls that print or make what is printed, and the one file that may.
PRINTING = {
    "Console": "cli/terminal/output.py",
    "Text": "cli/terminal/words.py",
    "from_markup": "",
    "print": "cli/terminal/output.py",
    "print_json": "cli/terminal/output.py",
    "echo": "",
    "secho": "",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
COMMANDS = [path for path in FILES if path.is_relative_to(ROOT / "cli")]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def offenders(paths: Iterable[Path], wrong_in: Callable[[Path], Iterable[object]]) -> dict[str, list[object]]:
    """What is wrong in which file; files with nothing wrong are left out."""
    found = ((name_of(path), list(wrong_in(path))) for path in paths)
    return {name: wrong for name, wrong in found if wrong}


def functions(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def length(function: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or 0) - docstring.lineno + 1)


def too_long(tree: ast.AST) -> list[tuple[str, int]]:
    return [(f.name, length(f)) for f in functions(tree) if length(f) > FUNCTION_LINES_MAX]


def silent(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    """Names of public functions, classes and methods without a docstring."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            if not ast.get_docstring(node) and not _explained_elsewhere(node):
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from silent(node, f"{prefix}{node.name}.")


def _explained_elsewhere(node: ast.ClassDef | Function) -> bool:
    marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
    return bool(marks & {"setter", "deleter", "overload", "override"})


def broad_excepts(tree: ast.AST, where: str = "<module>") -> Iterator[str]:
    """Names of the functions that catch everything; the innermost one is named."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
            yield where
        yield from broad_excepts(node, node.name if isinstance(node, Function) else where)


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(one).rpartition(".")[2] in {"Exception", "BaseException"} for one in caught)


def imported_of_rich(tree: ast.AST) -> set[str]:
    """What is imported of rich, as it is called there."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "rich":
            found |= {f"{node.module}.{one.name}" for one in node.names}
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names if one.name.partition(".")[0] == "rich"}
    return found


def printing_calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Calls that print or make text: their last name, and the whole of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            whole = ast.unparse(node.func)
            if (name := whole.rpartition(".")[2]) in PRINTING:
                yield name, whole


def markup(tree: ast.AST) -> list[str]:
    """Words of the code that rich would read as markup."""
    words = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [word for word in words if re.search(r"\[/[a-z ]*\]", word)]


def found_broad_excepts() -> list[str]:
    return [f"{name_of(path)}::{name}" for path in FILES for name in broad_excepts(parsed(path))]


def test_all_five_packages_are_measured() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == set(PACKAGES)


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > FILE_LINES_MAX} == {}


def test_no_folder_of_the_business_has_more_than_16_modules() -> None:
    modules = (path for path in FILES if path.relative_to(ROOT).parts[0] == "pipeline" and path.name != "__init__.py")
    folders = Counter(path.parent.relative_to(ROOT) for path in modules)
    assert {folder: count for folder, count in folders.items() if count > FOLDER_MODULES_MAX} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    assert offenders(FILES, lambda path: too_long(parsed(path))) == {}


def test_half_of_the_functions_have_at_most_10_lines() -> None:
    lengths = [length(function) for path in FILES for function in functions(parsed(path))]
    assert median(lengths) <= FUNCTION_LINES_MEDIAN


def test_everything_public_says_what_it_is() -> None:
    modules = (path for path in FILES if path.stem != "__init__")
    assert offenders(modules, lambda path: silent(parsed(path))) == {}


def test_everything_is_caught_only_where_there_is_a_reason() -> None:
    assert sorted(set(found_broad_excepts()) - BROAD_EXCEPTS.keys()) == []


def test_no_reason_outlives_its_except() -> None:
    assert sorted(BROAD_EXCEPTS.keys() - set(found_broad_excepts())) == []
    assert all(reason.strip() for reason in BROAD_EXCEPTS.values())


def printed_elsewhere(path: Path) -> list[str]:
    """What a command takes of rich, or calls to print, that another file does for it."""
    name, tree = name_of(path), parsed(path)
    here = {"print_json": ("output.print_json", "print_json")}  # ours, which prints a document
    calls = [
        whole for call, whole in printing_calls(tree) if PRINTING[call] != name and whole not in here.get(call, ())
    ]
    return [*sorted(imported_of_rich(tree) - RICH.get(name, set())), *calls]


def test_what_is_printed_is_made_and_printed_in_one_place() -> None:
    assert offenders(COMMANDS, printed_elsewhere) == {}


def test_no_word_of_a_command_is_markup() -> None:
    assert offenders(COMMANDS, lambda path: markup(parsed(path))) == {}


# The measures themselves, on code that breaks each rule.


def test_a_file_that_breaks_a_rule_is_named_and_no_other() -> None:
    broken = {FILES[0]: ["long", "silent"], FILES[1]: []}
    assert offenders(broken, broken.__getitem__) == {name_of(FILES[0]): ["long", "silent"]}


def function_of(lines: int, docstring: str = "") -> ast.Module:
    """A function of as many lines, its `def` counted and its docstring not."""
    return ast.parse("\n".join(["@mark", "def long():", docstring, *["    x = 1"] * (lines - 1)]))


@pytest.mark.parametrize("docstring", ['    """One line."""', '    """Three.\n\n    """'])
def test_the_measure_of_a_function_leaves_its_docstring_out(docstring: str) -> None:
    assert too_long(function_of(40, docstring)) == []
    assert too_long(function_of(41, docstring)) == [("long", 41)]


def test_the_measure_sees_methods_nested_and_async_functions() -> None:
    body = "\n".join(["        x = 1"] * 40)
    assert too_long(ast.parse(f"class A:\n    def long(self):\n{body}")) == [("long", 41)]
    assert too_long(ast.parse(f"async def outer():\n    def long():\n{body}")) == [("outer", 42), ("long", 41)]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(): ...", ["f"]),
        ("async def f(): ...", ["f"]),
        ("class A:\n    def f(self): ...", ["A", "A.f"]),
        ("class A:\n    '''A.'''\n    class B:\n        '''B.'''\n        def f(self): ...", ["A.B.f"]),
        ("def f():\n    '''F.'''", []),
        ("def _f(): ...\nclass _A:\n    def f(self): ...", []),
        ("class A:\n    '''A.'''\n    def __init__(self): ...\n    @f.setter\n    def f(self, x): ...", []),
        ("def f():\n    '''F.'''\n    def inner(): ...", []),
    ],
)
def test_the_measure_sees_what_is_public_and_silent(source: str, names: list[str]) -> None:
    assert list(silent(ast.parse(source))) == names


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("except:", ["f"]),
        ("except Exception:", ["f"]),
        ("except BaseException as error:", ["f"]),
        ("except (ValueError, Exception):", ["f"]),
        ("except builtins.Exception:", ["f"]),
        ("except ValueError:", []),
        ("except (KeyError, redis.RedisError):", []),
        ("except CustomException:", []),
    ],
)
def test_the_measure_sees_an_except_that_catches_everything(clause: str, found: list[str]) -> None:
    source = f"class A:\n  def f(self):\n    try:\n      x = 1\n    {clause}\n      raise"
    assert list(broad_excepts(ast.parse(source))) == found


def test_the_measure_sees_an_except_outside_of_functions() -> None:
    assert list(broad_excepts(ast.parse("try:\n  x = 1\nexcept Exception:\n  x = 2"))) == ["<module>"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from rich.text import Text", {"rich.text.Text"}),
        ("import rich.console", {"rich.console"}),
        ("def f():\n    from rich import print", {"rich.print"}),
        ("import richer\nfrom richer.text import Text", set()),
    ],
)
def test_the_measure_sees_what_is_taken_of_rich(source: str, found: set[str]) -> None:
    assert imported_of_rich(ast.parse(source)) == found


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("output.out.print('x')", ["print"]),
        ("Console()", ["Console"]),
        ("rich.text.Text.from_markup('x')", ["from_markup"]),
        ("Text('x')", ["Text"]),
        ("say(Text)", []),
    ],
)
def test_the_measure_sees_what_prints(source: str, names: list[str]) -> None:
    assert [name for name, _ in printing_calls(ast.parse(source))] == names


def test_the_measure_sees_markup_also_in_words_with_values() -> None:
    assert markup(ast.parse("f'[red]{x}[/] y'")) == ["[/] y"]
    assert markup(ast.parse("'[/bold red]'")) == ["[/bold red]"]
    assert markup(ast.parse("'[START', 'END]', '[x]'")) == []
