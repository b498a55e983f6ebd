"""A source that is asked once for each reading."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Read, Readers, UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Objects, Reading
from cdk_eks_cilium.doctor.readers.once import Once


class Slow:
    def __init__(self, answer: Read | UnreadError | None) -> None:
        self.answer, self.asked = answer, 0
        self._lock = threading.Lock()

    def read(self, reading: Reading) -> Read | None:
        with self._lock:
            self.asked += 1
        time.sleep(0.05)
        if isinstance(self.answer, UnreadError):
            raise self.answer
        return self.answer


def test_several_that_ask_at_once_get_one_reading() -> None:
    slow = Slow(Read(({"a": 1},)))
    once = Once(slow)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(once.read, [ApiVersion()] * 4))
    assert found == [Read(({"a": 1},))] * 4
    assert slow.asked == 1
    once.read(Objects("Node", "nodes"))
    assert slow.asked == 2


def test_a_failure_is_kept_too() -> None:
    slow = Slow(UnreadError("broken"))
    once = Once(slow)
    for _ in range(2):
        with pytest.raises(UnreadError, match=r"^broken$"):
            once.read(ApiVersion())
    assert slow.asked == 1


def test_what_the_source_never_has_stays_so() -> None:
    assert Once(Slow(None)).read(ApiVersion()) is None


def test_why_a_source_never_has_it_is_told_each_time() -> None:
    once = Once(Slow(NotAskedError("no container runs")))
    for _ in range(2):
        with pytest.raises(NotAskedError, match=r"^no container runs$"):
            once.read(ApiVersion())


def test_several_sources_are_asked_past_one_that_never_has_it() -> None:
    never = Slow(NotAskedError("no container runs"))
    assert Readers(never, Slow(Read())).read(ApiVersion()) == Read()
    with pytest.raises(NotAskedError, match=r"^no container runs$"):
        Readers(never, Slow(None)).read(ApiVersion())
    assert Readers(Slow(None)).read(ApiVersion()) is None
