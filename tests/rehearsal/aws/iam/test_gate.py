"""The gate before moto."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rehearsal.aws.environment import Environment
from rehearsal.aws.iam import Access
from rehearsal.aws.iam.gate import Gate


class Walker:
    """An application that fails, as moto does, if what it walks through changes in the meantime."""

    def __init__(self) -> None:
        self.stored: dict[int, bool] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        for _ in self.stored:
            time.sleep(0.0001)
        self.stored[len(self.stored)] = True
        return [b"stored"]


def test_calls_at_the_same_time_are_answered_one_after_the_other() -> None:
    application = Walker()
    gate = Gate(application, Access(Environment("111122223333", "eu-west-1")), {})
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: gate({}, print), range(80)))

    assert len(application.stored) == 80
    assert answers == [[b"stored"]] * 80
