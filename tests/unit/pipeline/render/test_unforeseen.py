"""Cards about what nobody foresaw."""

from pipeline.core.causes import cure_of
from pipeline.core.errors import BadRequest
from pipeline.core.unforeseen import Defect, Unforeseen
from pipeline.render.unforeseen import RUNS_SHOWN, aside_card, error_card
from tests.cards import problems, texts


def test_an_error_is_told_with_what_to_do_and_what_to_look_for_in_the_log() -> None:
    error = Unforeseen("KeyError in pipeline/steps/runs/load.py:7; the log has the trace")
    made = error_card("每日同步无法开始", error.trouble(), "KeyError")
    assert problems(made) == []
    for words in (
        "每日同步无法开始",
        "同步程序出错",
        cure_of(Unforeseen.reason),
        "详情见服务器日志（KeyError）",
    ):
        assert words in texts(made)
    assert "load.py" not in texts(made)


def test_words_of_others_are_no_markup_and_not_too_long() -> None:
    trouble = BadRequest("x", what_to_do="<at id=all></at> **" + "x" * 5000, code=40002).trouble()
    made = error_card("每日同步无法开始", trouble, "<at id=all></at>")
    assert problems(made) == []
    assert "错误码 40002" in texts(made)
    assert len(texts(made)) < 2000


def test_each_run_that_was_put_aside_is_named_with_why() -> None:
    made = aside_card({"daily-1": Defect.GONE, "daily-2": Defect.UNREADABLE, "daily-3": Defect.WRONG_TYPE})
    assert problems(made) == []
    for words in (
        "daily-1：记录已丢失",
        "daily-2：记录无法读取",
        "daily-3：记录的格式不对",
        "所缺日期由系统自动补齐",
    ):
        assert words in texts(made)


def test_of_many_runs_the_first_are_named_and_the_others_counted() -> None:
    made = aside_card({f"daily-{number}": Defect.GONE for number in range(RUNS_SHOWN + 200)})
    assert problems(made) == []
    assert "另有 200 次运行" in texts(made)
