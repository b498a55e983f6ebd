"""Samples of Prometheus' text format."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.checks.views.prometheus import Sample, samples

TEXT = r"""
# HELP ops Number of operations
# TYPE ops counter
ops{operation="Describe\"Subnets\"",response_code="403 Forbidden"} 3 1700000000000
ops 7
ops_total 9
ops{le="+Inf"} +Inf
ops{broken
ops nothing
"""


def test_labels_values_and_times_are_read_and_other_names_left_out() -> None:
    assert list(samples(TEXT, ["ops"])) == [
        Sample("ops", {"operation": 'Describe"Subnets"', "response_code": "403 Forbidden"}, 3),
        Sample("ops", {}, 7),
        Sample("ops", {"le": "+Inf"}, float("inf")),
    ]


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert all(sample.name == "ops" for sample in samples(f"ops{text}", ["ops"]))


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(), max_size=4), st.integers())
def test_what_is_written_is_read(labels: dict[str, str], value: int) -> None:
    # splitlines() knows further line breaks of Unicode, which exporters do not write into labels.
    labels = {key: " ".join(text.splitlines()) for key, text in labels.items()}
    escaped = {key: text.replace("\\", "\\\\").replace('"', '\\"') for key, text in labels.items()}
    written = ",".join(f'{key}="{text}"' for key, text in escaped.items())
    assert list(samples(f"ops{{{written}}} {value}", ["ops"])) == [Sample("ops", labels, float(value))]
