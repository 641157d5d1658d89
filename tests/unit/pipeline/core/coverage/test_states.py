"""How a day's state is shown."""

from pipeline.core.coverage.states import LETTERS, STATES, WORDS
from pipeline.core.outcome import DayState


def test_each_state_has_a_word_and_a_letter_of_its_own() -> None:
    for shown in (WORDS, LETTERS):
        assert shown.keys() == set(DayState)
        assert len(set(shown.values())) == len(DayState)
    assert {word: state for state, word in WORDS.items()} == STATES


def test_the_words_in_the_status_table_never_change() -> None:
    assert list(WORDS.values()) == ["已入库", "无数据", "不完整", "失败", "缺失", "已停用", "未结束"]
