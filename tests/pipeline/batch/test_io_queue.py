"""Nothing that goes wrong in a thread stays there."""

import errno
import threading

import pytest

from pipeline.batch.io_queue import Writers, read_ahead
from pipeline.core.errors import BadInput, CannotWrite


def fail() -> None:
    raise BadInput("The disk is full.") from OSError(errno.ENOSPC, "No space left on device")


def test_errors_of_writers_surface() -> None:
    with pytest.raises(CannotWrite, match="disk is full"), Writers() as writers:
        writers.submit(fail)


def test_an_error_surfaces_before_the_end() -> None:
    with Writers(threads=1, pending=1) as writers:
        writers.submit(fail)
        with pytest.raises(CannotWrite):
            for _ in range(3):
                writers.submit(int)


def defect() -> None:
    raise ValueError("a defect")


def test_a_defect_stays_with_its_task() -> None:
    with Writers(threads=1, pending=1) as writers:
        future = writers.submit(defect)
        assert writers.submit(int).result() == 0
    assert isinstance(future.exception(), ValueError)


def too_long() -> None:
    raise BadInput("The name is too long.") from OSError(errno.ENAMETOOLONG, "File name too long")


def test_what_concerns_one_file_stays_with_it() -> None:
    with Writers() as writers:
        future = writers.submit(too_long)
    assert isinstance(future.exception(), BadInput)


def test_only_so_many_tasks_wait() -> None:
    gate, entered, submitted = threading.Event(), threading.Event(), []

    def work() -> None:
        with Writers(threads=1, pending=2) as writers:
            for number in range(4):
                writers.submit(gate.wait)
                submitted.append(number)
                if number == 1:
                    entered.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert entered.wait(10)
    thread.join(0.05)
    assert submitted == [0, 1]
    gate.set()
    thread.join(10)
    assert submitted == [0, 1, 2, 3]


def test_reading_ahead_keeps_order_and_errors() -> None:
    def task(number: int) -> int:
        if number == 2:
            raise BadInput("broken")
        return number

    futures = list(read_ahead([lambda number=number: task(number) for number in range(5)], depth=2))
    assert [future.result() for number, future in enumerate(futures) if number != 2] == [0, 1, 3, 4]
    with pytest.raises(BadInput):
        futures[2].result()


def test_reading_ahead_starts_little_before_it_is_asked() -> None:
    started: list[int] = []
    ahead = read_ahead([lambda number=number: started.append(number) for number in range(9)], depth=1)
    next(ahead)
    assert len(started) <= 2
    ahead.close()
