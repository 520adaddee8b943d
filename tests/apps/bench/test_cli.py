"""Numbers of the benchmark's command line that measure nothing."""

import pytest

from apps import cli


@pytest.mark.parametrize(
    "words", [["edits", "--portraits", "0"], ["speed", "--edits", "0"], ["editor", "--runs", "-1"]]
)
def test_nothing_to_measure_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", *words]) == 1
    assert f"{words[1]} is {words[2]}: it must be at least 1." in capsys.readouterr().err
