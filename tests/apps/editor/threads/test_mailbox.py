"""The newest request wins, tasks are all done."""

import threading

from apps.editor.threads.mailbox import Mailbox


def test_of_requests_the_newest_is_taken_and_tasks_all() -> None:
    mailbox = Mailbox[str]()
    assert not mailbox.waiting
    for text in ("old", "newer", "newest"):
        mailbox.put(text)
    mailbox.add("task 1")
    mailbox.add("task 2")
    assert mailbox.superseded
    assert [mailbox.take() for _ in range(3)] == ["task 1", "task 2", "newest"]
    assert not mailbox.waiting
    mailbox.add("task 3")
    assert mailbox.waiting and not mailbox.superseded  # it need not cost the request that is under way


def test_a_closed_mailbox_lets_its_taker_go() -> None:
    mailbox = Mailbox[str]()
    taken: list[str | None] = []
    taker = threading.Thread(target=lambda: taken.append(mailbox.take()))
    taker.start()
    mailbox.close()
    taker.join(10)
    assert taken == [None]
