from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.kubernetes.validation import addresses, cron, formats
from rehearsal.kubernetes.validation.fields import FieldError, message, quoted, shown

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


@given(st.text())
def test_any_text_is_a_schedule_or_has_a_problem(text: str) -> None:
    found = cron.problem(text)
    assert found is None or found


@given(st.tuples(*(st.integers(low, high) for low, high in _RANGES)))
def test_numbers_in_their_ranges_are_a_schedule(fields: tuple[int, ...]) -> None:
    assert cron.problem(" ".join(map(str, fields))) is None


@given(st.integers(0, 4), st.integers(60, 99))
def test_a_number_above_its_range_is_a_problem(position: int, value: int) -> None:
    fields = ["*"] * 5
    fields[position] = str(value)
    assert "above maximum" in (cron.problem(" ".join(fields)) or "")


@given(st.ip_addresses())
def test_an_address_that_python_writes_is_valid(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    assert addresses.ip_problems(str(address), 35) == []
    assert (addresses.ip_problems(str(address), 36) == []) is not mapped


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_block_that_python_writes_is_valid(address: ipaddress.IPv4Address, length: int) -> None:
    block = ipaddress.ip_network((address, length), strict=False)
    assert addresses.cidr_problems(str(block), 36) == []
    assert addresses.network(str(block)) == block


@given(st.text(max_size=20))
def test_any_text_is_an_address_and_a_block_or_is_not(text: str) -> None:
    assert bool(addresses.ip_problems(text, 36)) or addresses.ip(text) is not None
    assert bool(addresses.cidr_problems(text, 36)) or addresses.network(text) is not None


@pytest.mark.parametrize(
    "text", ["1.2.3", "1.2.3.4.5", "256.1.1.1", "::1%eth0", "1.2.3.4/", "", "1.2.3.4/33", "a/8", "1.2.3.4/-1"]
)
def test_what_is_neither_address_nor_block_is_refused(text: str) -> None:
    assert addresses.ip_problems(text, 29)
    assert addresses.cidr_problems(text, 29)


@given(st.text(max_size=70))
def test_every_label_is_a_subdomain(text: str) -> None:
    if not formats.label(text):
        assert formats.subdomain(text) == []
    if not formats.service_label(text):
        assert formats.label(text) == []


def test_values_are_shown_as_go_shows_them() -> None:
    assert shown({"a": [1, True, None, "<b>"]}) == '{"a":[1,true,null,"\\u003cb\\u003e"]}'
    assert [shown(value) for value in (-1, False, 'a "b"', None)] == ["-1", "false", '"a \\"b\\""', "null"]


@pytest.mark.parametrize(
    ("text", "as_go_quotes_it"),
    [("a\tb", '"a\\tb"'), ("\x00", '"\\x00"'), ("é", '"é"'), ("\u200b", '"\\u200b"'), ("\\", '"\\\\"')],
)
def test_text_is_quoted_as_go_quotes_it(text: str, as_go_quotes_it: str) -> None:
    assert quoted(text) == as_go_quotes_it


def test_equal_errors_stand_once() -> None:
    one, other = (FieldError("FieldValueRequired", field, "", "") for field in ("a", "b"))
    assert message([one, one]) == "a: Required value"
    assert message([one, other, one]) == "[a: Required value, b: Required value]"


def test_causes_have_field_and_message_apart() -> None:
    error = FieldError("FieldValueInvalid", "a", 3, "must be less")
    assert error.cause == {
        "reason": "FieldValueInvalid",
        "message": "Invalid value: 3: must be less",
        "field": "a",
    }
