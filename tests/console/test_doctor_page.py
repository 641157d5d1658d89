from tests.console.history import refused
from tests.console_desk import Desk
from tests.leaks import secrets_of


def test_a_look_sends_nothing_and_the_button_shows_every_check_the_worst_first(desk: Desk) -> None:
    lab = desk.lab
    lab.context()
    before = lab.look("calls")["counts"]
    assert "开始体检" in desk.get("/doctor").text
    assert lab.look("calls")["counts"] == before
    page = desk.post("/doctor/run").text
    for check in ("redis.version", "oceanengine.token", "feishu.writing", "columns", "webhook"):
        assert f"<small>{check}</small>" in page
    assert page.index("<small>worker</small>") < page.index("<small>redis</small>")  # none is running
    wrong, _, fine = page.partition("<details")
    assert ("<small>worker</small>" in wrong, "✕ " not in fine, "项正常，点击展开" in fine) == (True, True, True)
    assert lab.calls("bot.webhook") == 0
    assert not [secret for secret in secrets_of(lab) if secret in page]


def test_a_message_is_sent_only_if_it_is_ticked(desk: Desk) -> None:
    desk.lab.context()
    desk.post("/doctor/run", {"notify": "yes"})
    assert desk.lab.calls("bot.webhook") == 1
    desk.post("/doctor/run", {"notify": "\x00"})
    assert desk.lab.calls("bot.webhook") == 1


def test_a_dead_token_leads_to_the_page_that_authorizes(desk: Desk) -> None:
    desk.lab.context()
    desk.lab.control("rotate", {})
    page = desk.post("/doctor/run").text
    assert "去授权" in page
    assert "它依赖的检查项有问题" in page
    assert "请转给维护人员" in page
    assert "项有问题，需要处理" in page


def test_a_viewer_checks_nothing(desk: Desk) -> None:
    assert "您的账号只能查看" in desk.viewer.get("/doctor").text
    assert refused(desk.viewer, "/doctor/run")
    assert desk.viewer.get("/doctor/run").url.endswith("/doctor")
    assert desk.lab.calls("fields.list") == 0
