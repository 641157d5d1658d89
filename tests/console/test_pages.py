"""What holds for every page of the console."""

from tests.console_desk import Desk


def test_a_person_logs_in_by_the_form_and_sees_the_first_page(desk: Desk) -> None:
    answer = desk.get("/")
    assert answer.status_code == 200
    assert "今日" in answer.text
    assert "wang" in answer.text
