"""What fields declare about themselves, compared with the table of the charts' keys."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.values.model.marks import KNOWN, Chart
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS, TypedField
from cdk_eks_cilium.versions import CiliumVersion
from cdk_eks_cilium.versions.chart_catalogue import Catalogue
from cdk_eks_cilium.versions.cilium import minors

DECLARED = [field for field in TYPED_FIELDS if field.marks]


@pytest.mark.parametrize("field", DECLARED, ids=lambda field: field.path)
def test_every_chart_that_takes_a_field_has_the_value_that_is_written(field: TypedField) -> None:
    versions = [CiliumVersion.newest_of(minor) for minor in minors()]
    for mark in field.marks:
        for key in mark.keys.split():
            having = {each for each in versions if Catalogue.of(each).find(key)}
            taking = {each for each in versions if not field.known or field.known.holds(each)}
            assert having
            assert not isinstance(mark, Chart) or taking <= having, key


def test_a_section_passes_its_first_version_on() -> None:
    inherited = {field.path for field in TYPED_FIELDS if field.known is KNOWN and not field.first}
    assert {"bandwidth_manager.bbr", "envoy.daemon_set", "hubble.export.compress"} <= inherited
    assert not [path for path in inherited if path.startswith("hubble.tls.") and ".issuer." not in path]


def test_only_sections_that_may_be_left_out_are_written_whole() -> None:
    whole = {field.path.rpartition(".")[0] for field in TYPED_FIELDS if field.whole and field.marks}
    assert whole == {"bandwidth_manager", "encryption", "hubble.export", "ingress_controller"}
