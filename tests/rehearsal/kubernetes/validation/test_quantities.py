from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.validation.quantities import of, parsed, shown


@pytest.mark.parametrize(
    ("written", "as_the_server_writes_it"),
    [
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1536Mi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("2000", "2k"),
        ("1e3", "1e3"),
        ("0", "0"),
        ("-1", "-1"),
        ("100", "100"),
        (2, "2"),
    ],
)
def test_a_quantity_has_one_way_to_be_written(written: str | int, as_the_server_writes_it: str) -> None:
    assert shown(written) == as_the_server_writes_it


@pytest.mark.parametrize("text", ["", "1x", "one", "1 Gi", "Gi", "1Gii", None, True, [], "1e9999"])
def test_anything_else_is_not_a_quantity(text: object) -> None:
    assert parsed(text) is None


@given(
    number=st.decimals(0, 10**6, places=3),
    unit=st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi", "e3", "E2"]),
)
def test_what_is_written_has_the_same_value(number: object, unit: str) -> None:
    text = f"{number}{unit}"
    value = parsed(text)
    assert value is not None
    again = parsed(shown(text))
    assert again is not None
    # Binary units are whole numbers of bytes.
    assert again == value or abs(again - value) < 1


def test_a_sum_is_written_in_the_units_of_its_parts() -> None:
    assert of(Fraction(3 * 2**30), "1Gi") == "3Gi"
    assert of(Fraction(5, 2), "1") == "2500m"
