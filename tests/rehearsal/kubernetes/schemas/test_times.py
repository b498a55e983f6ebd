"""Times as the server reads and writes them."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.schemas.times import canonical


@given(st.datetimes(timezones=st.just(datetime.UTC), min_value=datetime.datetime(1, 1, 2)))
def test_a_canonical_time_stays_as_it_is(time: datetime.datetime) -> None:
    text = time.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert canonical(text, micro=True) == text
    assert canonical(canonical(text)) == canonical(text)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        once = canonical(text)
    except ValueError:
        return
    assert canonical(once) == once


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", 'cannot parse "" as "2006"'),
        ("2026-13-01T00:00:00Z", "month out of range"),
        ("2026-02-30T00:00:00Z", "day out of range"),
        ("2026-01-01T24:00:00Z", "hour out of range"),
        ("2026-01-01 00:00:00Z", 'cannot parse " 00:00:00Z" as "T"'),
        ("2026-01-01T00:00:00", 'cannot parse "" as "Z07:00"'),
        ("2026-01-01T00:00:00Zx", 'extra text: "x"'),
    ],
)
def test_what_is_not_a_time_is_refused_in_the_words_of_go(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"parsing time ") as refused:
        canonical(text)
    assert str(refused.value).endswith(problem)
