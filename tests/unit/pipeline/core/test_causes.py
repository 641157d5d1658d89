"""Each cause has words and one cure, each reason of the product is a cause, and no cause is left over."""

import re
from pathlib import Path

import pytest

from pipeline.clients.feishu.codes import CAUSES as FEISHU
from pipeline.clients.oceanengine.api import CAUSES as OCEANENGINE
from pipeline.core.causes import CAUSES, cure_of, maintenance_of
from pipeline.core.errors import LaikeError

PACKAGES = [Path(__file__).parents[4] / name for name in ("pipeline", "worker", "cli")]


def kinds(of: type[LaikeError]) -> set[str]:
    return {of.reason, *(reason for kind in of.__subclasses__() for reason in kinds(kind))}


def test_each_reason_of_the_product_is_a_cause_and_no_cause_is_left_over() -> None:
    sources = [path.read_text(encoding="utf-8") for package in PACKAGES for path in package.rglob("*.py")]
    words = r'(?:reason=|STOPPED = |refused=|cure_of\(|maintenance_of\(|CAUSES\[)"(\w+)"'
    made = {reason for source in sources for reason in re.findall(words, source)}
    assert set(CAUSES) == made | kinds(LaikeError) | set(FEISHU.values()) | set(OCEANENGINE.values())


@pytest.mark.parametrize("reason", CAUSES)
def test_each_cause_has_a_few_words_and_one_sentence_in_full_width_chinese(reason: str) -> None:
    cause = CAUSES[reason]
    assert re.search(r"[\u4e00-\u9fff]", cause.words)
    assert cause.words[-1] not in "。，："
    assert re.search(r"[\u4e00-\u9fff]", cure_of(reason))
    for said in (cure_of(reason), maintenance_of(reason)):
        assert said.endswith("。")
        assert said.count("。") == 1
        assert not re.search(r"[\u4e00-\u9fff][,:;()]|[,:;()][\u4e00-\u9fff]", said)


def test_no_two_causes_have_the_same_words() -> None:
    words = [cause.words for cause in CAUSES.values()]
    assert len(set(words)) == len(words)


def test_a_reason_of_another_version_goes_to_the_maintainer_with_its_id() -> None:
    assert cure_of("of_a_newer_version") == "未完成，请联系维护人员（编号 of_a_newer_version）。"
    assert maintenance_of("of_a_newer_version") == maintenance_of("failed")
