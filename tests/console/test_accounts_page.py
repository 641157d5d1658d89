from datetime import timedelta

from pipeline.state.console.acts import Acts
from tests.console.history import NAME, STRANGE_PAGES, STRANGE_TEXTS, refused, statuses, strangely_named
from tests.console_desk import Desk
from tests.lab import Lab
from tests.leaks import secrets_of
from tests.workers import workers


def test_accounts_are_listed_without_a_call_those_in_trouble_first(desk: Desk) -> None:
    lab = desk.lab
    lab.sync()
    ctx, (last, *_) = lab.bare_context(), reversed(lab.accounts)
    ctx.absences.begin({last: ctx.now() - timedelta(days=9)})
    before = lab.look("calls")["counts"]
    page = desk.get("/accounts").text
    assert lab.look("calls")["counts"] == before
    places = [page.index(account) for account in lab.accounts]
    assert min(places) == places[-1]
    assert "长期无法读取，已停用" in page
    assert page.count(f">{lab.day}</time>") == len(lab.accounts)
    assert lab.accounts[0] in desk.get(f"/accounts?text={lab.accounts[0]}").text
    assert lab.accounts[1] not in desk.get(f"/accounts?text={lab.accounts[0]}").text


def test_a_person_discovers_the_accounts_anew_and_a_viewer_cannot(lab: Lab) -> None:
    lab.extra["LAIKE_ACCOUNTS"] = "{}"
    lab.context()
    with workers(lab) as working:
        desk = Desk.opened(working)
        assert "还没有账户" in desk.get("/accounts").text
        assert refused(desk.viewer, "/accounts/discover")
        assert lab.bare_context().rosters.last() is None
        answer = desk.post("/accounts/discover")
        assert "账户列表已更新" in answer.text
        assert all(account in answer.text for account in lab.accounts)
        (done,) = Acts(lab.bare_context().client).newest(9)
        assert (done.person, done.act) == ("wang", "更新账户列表")


def test_no_name_is_markup_and_no_query_breaks_the_page(lab: Lab) -> None:
    with strangely_named(lab) as desk:
        page = desk.get("/accounts").text
        assert NAME not in page
        assert "&lt;script&gt;" in page
        assert not [secret for secret in secrets_of(lab) if secret in page]
        answers = {
            **statuses(desk, "/accounts", "text", STRANGE_TEXTS),
            **statuses(desk, "/accounts", "page", STRANGE_PAGES),
            **statuses(desk, "/accounts", "discovered", STRANGE_TEXTS),
        }
        assert set(answers.values()) == {200}, answers
        assert "<script>alert" not in desk.get("/accounts", params={"text": NAME}).text


def test_nothing_is_called_readable_before_anything_was_read_or_without_an_authorization(desk: Desk) -> None:
    assert "还没有读取的记录" in (page := desk.get("/accounts").text)
    assert "都参与同步" not in page
    assert "0.00" not in page
    desk.lab.sync()
    assert "都参与同步" in desk.get("/accounts").text
    desk.lab.control("rotate", {})
    desk.lab.sync()
    assert "没有有效的授权" in (page := desk.get("/accounts").text)
    assert "都参与同步" not in page
