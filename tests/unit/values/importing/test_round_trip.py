"""What this library renders, it reads back: the same typed values, and the same chart values from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.values import CiliumValues, References, helm_values
from cdk_eks_cilium.values.importing import import_values
from cdk_eks_cilium.values.rendering.chart import tls_method
from cdk_eks_cilium.versions import CiliumVersion
from tests.releases import NEWEST
from tests.unit.values.strategies import models, references


def _plain(values: CiliumValues, version: CiliumVersion) -> CiliumValues:
    """The values, with the release's own method of certificates left out: both render the same."""
    if values.hubble.tls.method != tls_method(CiliumValues(), version):
        return values
    tls = values.hubble.tls.model_copy(update={"method": None})
    return values.model_copy(update={"hubble": values.hubble.model_copy(update={"tls": tls})})


@pytest.mark.parametrize("number", NEWEST)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_rendered_values_are_read_back_as_the_same_typed_values(number: str, data: Any) -> None:
    version = CiliumVersion.of(number)
    values: CiliumValues = data.draw(models(version))
    refs: References = data.draw(references)
    rendered = helm_values(values, version, refs)
    found = import_values(rendered, version)
    assert [str(each) for each in found.findings if each.kind in ("unread", "impossible")] == []
    assert found.values == _plain(values, version)
    assert helm_values(found.values, version, refs) == rendered
