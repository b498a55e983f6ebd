"""Selectors of Kubernetes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.checks.views.selectors import selects

KEYS = st.sampled_from(["app", "tier"])
VALUES = st.sampled_from(["a", "b", "c"])
LABELS = st.dictionaries(KEYS, VALUES)


def expression(key: str, operator: str, *values: str) -> dict[str, object]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@given(KEYS, st.lists(VALUES, min_size=1), LABELS)
def test_each_operator_and_its_opposite_split_all_objects(
    key: str, values: list[str], labels: dict[str, str]
) -> None:
    assert selects(expression(key, "In", *values), labels) != selects(
        expression(key, "NotIn", *values), labels
    )
    assert selects(expression(key, "Exists"), labels) != selects(expression(key, "DoesNotExist"), labels)


@given(LABELS, LABELS)
def test_labels_must_all_be_there(wanted: dict[str, str], labels: dict[str, str]) -> None:
    assert selects({"matchLabels": wanted}, labels) == all(
        labels.get(key) == value for key, value in wanted.items()
    )


@given(LABELS)
def test_an_empty_selector_takes_everything_and_an_unknown_operator_nothing(labels: dict[str, str]) -> None:
    assert selects(None, labels)
    assert selects({}, labels)
    assert not selects(expression("app", "Near", "a"), labels)
