"""Every reason that an operator may meet has words."""

import re
from pathlib import Path

from pipeline.core.errors import LaikeError, Trouble
from pipeline.render.reasons import REASONS, why

PIPELINE = Path(__file__).parents[4] / "pipeline"


def kinds(of: type[LaikeError]) -> set[str]:
    return {of.reason, *(reason for kind in of.__subclasses__() for reason in kinds(kind))}


def test_each_reason_of_the_product_has_chinese_words_and_no_word_is_left_over() -> None:
    sources = (path.read_text(encoding="utf-8") for path in PIPELINE.rglob("*.py"))
    made = {reason for source in sources for reason in re.findall(r'reason="(\w+)"', source)}
    assert set(REASONS) == made | kinds(LaikeError)


def test_the_service_s_code_is_told_and_an_unknown_reason_is_no_failure() -> None:
    trouble = Trouble(reason="account_unavailable", message="m", what_to_do="做", code=40002)
    assert why(trouble) == "账户不可用，错误码 40002"
    assert why(Trouble(reason="of_a_newer_version", message="m", what_to_do="做")) == "出错"
