"""Markup of cards is written out in the code: no name can come into it unseen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_house import offenders, parsed

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for package in ("pipeline", "worker", "cli") for path in (ROOT / package).rglob("*.py"))
ELEMENTS, MARKDOWN = ROOT / "pipeline/render/elements.py", ROOT / "pipeline/render/markdown.py"


def unwritten(tree: ast.AST) -> Iterator[str]:
    """Forms of markdown that are no literals."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Markdown":
            form = node.args[0] if node.args else None
            if not (isinstance(form, ast.Constant) and isinstance(form.value, str)):
                yield ast.unparse(node)


def made_by_hand(tree: ast.AST) -> Iterator[str]:
    """Elements of cards that no function of `elements` made, and markdown whose text was replaced."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict) and any(
            isinstance(key, ast.Constant) and key.value == "tag" for key in node.keys
        ):
            yield ast.unparse(node)


def test_markdown_is_written_out_where_it_is_used() -> None:
    assert offenders(FILES, lambda path: unwritten(parsed(path))) == {}


def test_elements_of_cards_are_made_in_one_place() -> None:
    others = [path for path in FILES if path != ELEMENTS]
    assert len(others) == len(FILES) - 1
    assert offenders(others, lambda path: made_by_hand(parsed(path))) == {}


@pytest.mark.parametrize(
    "line", ['Markdown(f"**{name}**")', "Markdown(name)", "markdown.Markdown('a' + name)", "Markdown()"]
)
def test_a_form_that_holds_a_name_is_found(line: str) -> None:
    assert list(unwritten(ast.parse(line)))


def test_an_element_made_by_hand_is_found() -> None:
    assert list(made_by_hand(ast.parse('x = {"tag": "markdown", "content": name}')))
    assert list(made_by_hand(parsed(ELEMENTS)))
