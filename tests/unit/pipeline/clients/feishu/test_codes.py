import pytest

from pipeline.clients.feishu.codes import ERRORS, AnswerTooLarge, error_of
from pipeline.clients.http import Answer
from pipeline.core.errors import (
    BadRequest,
    BatchTooLarge,
    ColumnVanished,
    LaikeError,
    NeedsPerson,
    NotFoundYet,
    Retryable,
    RowRefused,
    RowVanished,
    ServerTrouble,
    TableFull,
    Throttled,
    TokenExpired,
)
from tests.unit.pipeline.clients.stub import answer

PATH = "/open-apis/bitable/v1/apps/bas/tables"


def says(code: int, **headers: str) -> Answer:
    return answer({"code": code, "msg": "words", "error": {"log_id": "x"}}, {"X-Tt-Logid": "log1", **headers})


# 飞书, 通用错误码 and the Bitable pages: refused, and what it means to us.
REFUSED = {
    Throttled: [99991400, 1254112, 1254290, 1254291, 1254607, 1254036],
    TokenExpired: [99991663, 99991665, 99991661, 99991671],
    NotFoundYet: [1254040, 1254041, 1254042, 1254044],
    RowVanished: [1254043],
    ColumnVanished: [1254024, 1254045],
    RowRefused: [1254015, 1254026, *range(1254060, 1254070), 1254072, 1254074, 1254130],
    BatchTooLarge: [1254104],
    TableFull: [1254103],
    NeedsPerson: [
        *(10003, 10014, 10015, 99991543, 99991662, 99991664, 99991672, 99991673, 99991676, 99991679),
        *(91403, 99991401, 99991403, 1254301, 1254302, 1254304, 1254305, 1254306),
        *(1254003, 1254004, 1254005, 1254006, 1254009, 1254100, 1254101, 1254105),
        *(131004, 131005, 131006, 131007),
    ],
    ServerTrouble: [131001],  # of a call that only reads
    BadRequest: [1254000, 1254001, 1254018, 1254019, 1254037, 9499, 99992402, 1, -1],
}
DOUBTFUL = [2200, 1500, 5000, 1254002, 1254608, 1255001, 1255002, 1255003, 1255004, 1255005, 1255006, 1255040]
TABLE = [(code, kind, False) for kind, codes in REFUSED.items() for code in codes]
TABLE += [(code, ServerTrouble, True) for code in DOUBTFUL]
TABLE += [(1254030, AnswerTooLarge, True)]


@pytest.mark.parametrize(("code", "kind", "effect"), TABLE)
def test_each_code_is_its_own_kind_of_trouble(code: int, kind: type[LaikeError], effect: bool) -> None:  # noqa: FBT001 a table
    error = error_of(PATH, says(code))
    assert type(error) is kind
    assert getattr(error, "effect_possible", False) is effect
    assert (error.code, error.request_id) == (code, "log1")
    assert f"{PATH}: code {code}, words" in error.message


def test_the_table_here_names_every_code_of_the_table_there() -> None:
    here = {code: kind for code, kind, _ in TABLE}
    assert set(ERRORS) <= set(here)
    assert all(here[code] is kind for code, kind in ERRORS.items())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (10014, "LAIKE_FEISHU_APP_ID"),
        (99991672, "权限"),
        (91403, "添加文档应用"),
        (1254302, "添加文档应用"),
        (99991403, "调用量"),
        (99991401, "白名单"),
        (1254003, "LAIKE_BITABLE_APP_TOKEN"),
        (1254305, "管理员"),
        (131004, "/base/"),
        (131007, "/base/"),
        (1254004, "LAIKE_BITABLE_TABLE_ID"),
    ],
)
def test_what_a_person_must_do_is_said(code: int, words: str) -> None:
    assert words in error_of(PATH, says(code)).for_maintainer


def test_throttling_says_how_long_and_unready_data_need_seconds() -> None:
    waits = [error_of(PATH, says(99991400, **{"x-ogw-ratelimit-reset": "7"})), error_of(PATH, says(1254607))]
    assert [one.retry_after for one in waits if isinstance(one, Retryable)] == [7, 3]
