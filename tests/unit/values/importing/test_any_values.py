"""Whatever people have in a values file, what it becomes keeps every rule."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.values import problems
from cdk_eks_cilium.values.importing import import_values
from cdk_eks_cilium.versions import Catalogue, CiliumVersion
from tests.releases import NEWEST

_PLAIN: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(True, False, 0, 1, -1, 2.5, None),
        *("", "a", "true", "1", "eth0", "x=y", "strict"),
        *([], ["a"], [{"a": 1}], ["--routing-mode", "tunnel"], {}, {"a": "b"}),
    ]
)


def _nested(chosen: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {"eni": {"enabled": True}, "ipam": {"mode": "eni"}}
    for path, value in chosen.items():
        *sections, name = path.split(".")
        at = whole
        for section in sections:
            if not isinstance(at.get(section), dict):
                at[section] = {}
            at = at[section]
        # Later keys go into what was drawn, which is drawn again.
        at[name] = copy.deepcopy(value)
    return whole


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A release, and a values file with keys of any release."""
    number, keys_of = draw(st.sampled_from(NEWEST)), draw(st.sampled_from(NEWEST))
    keys = [key.path for key in Catalogue.of(CiliumVersion.of(keys_of))]
    chosen = draw(st.dictionaries(st.sampled_from(keys), _PLAIN, min_size=1, max_size=6))
    return number, _nested(chosen)


@settings(max_examples=60, deadline=None)
@given(files())
def test_any_keys_with_any_values_become_values_that_keep_the_rules(file: tuple[str, dict[str, Any]]) -> None:
    number, given = file
    found = import_values(given, CiliumVersion.of(number))
    assert problems(found.values, found.version) == []
