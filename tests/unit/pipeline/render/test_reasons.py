from pipeline.core.errors import NoWorker, Trouble
from pipeline.render.reasons import cure, why


def test_the_service_s_code_is_told_and_an_unknown_reason_is_no_failure() -> None:
    trouble = Trouble(reason="account_unavailable", message="m", what_to_do="做", code=40002)
    assert why(trouble) == "账户不可用，错误码 40002"
    assert why(Trouble(reason="of_a_newer_version", message="m", what_to_do="做")) == "出错"


def test_what_to_do_does_not_repeat_the_cause() -> None:
    assert cure(NoWorker("x").trouble()) == "请联系维护人员（编号 no_worker）。"
    assert cure(NoWorker("x", what_to_do="请稍候。").trouble()) == "请稍候。"
