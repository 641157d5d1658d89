from pipeline.core.visible import SIGN, visible, visible_lines


def test_what_acts_is_one_sign_and_what_is_read_stays() -> None:
    assert visible("店 [/nope] é 👨‍👩‍👧") == "店 [/nope] é 👨‍👩‍👧"
    assert visible("a\x1b[2J\r\nb\u202e\ud83d") == f"a{SIGN}[2J{SIGN}{SIGN}b{SIGN}{SIGN}"


def test_a_text_of_several_lines_keeps_them() -> None:
    assert visible_lines("a\x07\n  b\r\n") == f"a{SIGN}\n  b{SIGN}\n"
