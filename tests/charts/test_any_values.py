"""Any values that the model takes render, with both Helms to the same."""

from __future__ import annotations

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.values import References, helm_values
from cdk_eks_cilium.versions import CiliumVersion
from tests.charts.rendered import other_than_text
from tests.charts.versions import Render, charts_or_skip, every_version
from tests.unit.values.strategies import models, references

charts_or_skip()


@every_version
@settings(max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(data=st.data(), refs=references)
def test_any_values_render_to_the_same_by_both_helms(
    number: str, render: Render, data: st.DataObject, refs: References
) -> None:
    version = CiliumVersion.of(number)
    values = helm_values(data.draw(models(version)), version, refs)
    helm_3, helm_4 = (render(number, values, helm) for helm in (3, 4))
    assert helm_3.comparable == helm_4.comparable
    assert other_than_text(helm_4) == []
