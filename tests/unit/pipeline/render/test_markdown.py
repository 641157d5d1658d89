import pytest
from hypothesis import given

from pipeline.render.markdown import Markdown, lines
from pipeline.render.words import clipped, shown
from tests.hostile import TEXTS, unseen


def test_a_text_that_is_put_into_markdown_is_no_markup() -> None:
    made = Markdown("**{}**：{}", "<at id=all></at>**", r"\[点我](http://x) ~~删~~ `x` &lt; # | :OK: ![]($)")
    assert (
        made.text == "**＜at id=all＞＜/at＞＊＊**：＼［点我］(http：//x) ～～删～～ ｀x｀ ＆lt; ＃ ｜ ：OK: !［］(＄)"
    )


@pytest.mark.parametrize("line", ["- 店", "+ 店", "---", "===", "\n- 店"])
def test_a_text_begins_no_list_and_draws_no_rule(line: str) -> None:
    for form in ("{}", "**提醒**\n{}", "- {}"):
        assert Markdown(form, line).text.rpartition("\n")[2].removeprefix("- ")[0] in "－＋＝"


def test_numbers_are_formatted_and_markdown_stays_what_it_is() -> None:
    assert Markdown("{}，{:,}", Markdown("**{}**", "店"), 1200).text == "**店**，1,200"
    assert lines([Markdown("**甲**"), Markdown("- {}", "乙\n丙")]).text == "**甲**\n- 乙 丙"


@pytest.mark.parametrize("parts", [(), ("a", "b")])
def test_parts_that_do_not_fit_the_form_are_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="parts do not go into"):
        Markdown("{}", *parts)


def test_markdown_does_not_become_text_by_accident() -> None:
    with pytest.raises(TypeError):
        f"{Markdown('**x**')}"


def test_times_and_emoji_of_several_characters_stay_as_they_are() -> None:
    for text in ("数据截至 07:00，10:35 复核", "12:34:56", "load.py:7; x", "👩‍👩‍👧 店 🏳️‍🌈", "A＆B（青岛）"):
        assert shown(text) == text


@given(TEXTS)
def test_what_is_shown_is_one_line_that_can_be_sent_and_seen(text: str) -> None:
    line = clipped(text)
    assert len(line) <= 30
    assert unseen(line) == []
    line.encode()
    assert shown(line) == line
