from __future__ import annotations

from toolkit.errors import InputError, position


def test_an_error_is_rendered_with_its_place_and_hint() -> None:
    problem = InputError("wrong", place=position("file", 3, 7), hint="do this")
    assert problem.render() == "file:3:7: error: wrong\nhint: do this"
    assert InputError("wrong").at("file").render() == "file: error: wrong"


def test_what_steers_a_terminal_is_escaped() -> None:
    problem = InputError("names \x1b[2J, \u202e and \ud800, but ü\tstays")
    assert problem.render() == "error: names \\x1b[2J, \\u202e and \\ud800, but ü\tstays"
