"""The rendered values compared with the values files and schemas of the published charts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.values import CiliumValues, References, helm_values, problems
from cdk_eks_cilium.values.rules.override_rules import key_problems, unread_warnings
from cdk_eks_cilium.versions import CiliumVersion
from tests.reference_charts import chart_file, defaults_of, reference, schema_of
from tests.releases import NUMBERS, since
from tests.unit.values.strategies import models, references

WITH_SCHEMA = since("1.16")

#: Keys that templates read and the values file only shows behind a #, because setting them at all
#: changes what is rendered.
COMMENTED = {
    "cni.configMap",
    "bpf.hostLegacyRouting",
    "devices",
    "egressMasqueradeInterfaces",
    "k8sServiceHost",
    "k8sServicePort",
    "kubeProxyReplacement",
}
#: Mappings whose keys are the user's.
FREE = {
    "eni.eniTags",
    "envoy.resources",
    "hubble.tls.auto.certManagerIssuerRef",
    "operator.resources",
    "podAnnotations",
    "resources",
}


def leaves(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        path = (*above, key)
        if isinstance(value, Mapping) and ".".join(path) not in FREE:
            yield from leaves(value, path)
        else:
            yield path


def is_in(tree: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return False
        tree = tree[key]
    return True


# Two kinds of models serve nine charts: each kind gets sixty examples and more.
@pytest.mark.parametrize("number", NUMBERS)
@settings(max_examples=20, deadline=None)
@given(data=st.data(), refs=references)
def test_any_values_render_to_json_the_same_every_time(
    number: str, data: st.DataObject, refs: References
) -> None:
    version = CiliumVersion.of(number)
    values = data.draw(models(version))
    assert problems(values, version) == []
    rendered = helm_values(values, version, refs)
    text = json.dumps(rendered, allow_nan=False)
    assert json.loads(text) == rendered
    assert json.dumps(helm_values(values, version, refs)) == text


@pytest.mark.parametrize("number", NUMBERS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), refs=references)
def test_any_values_are_keys_and_types_of_the_chart_that_a_template_reads(
    number: str, data: st.DataObject, refs: References
) -> None:
    version = CiliumVersion.of(number)
    rendered = helm_values(data.draw(models(version)), version, refs)
    assert key_problems(rendered, version, "values") == []
    assert unread_warnings(rendered, version) == []


@reference
@pytest.mark.parametrize("number", WITH_SCHEMA)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), refs=references)
def test_any_values_pass_the_schema_of_the_chart(number: str, data: st.DataObject, refs: References) -> None:
    version = CiliumVersion.of(number)
    rendered = helm_values(data.draw(models(version)), version, refs)
    assert [error.message for error in schema_of(number).iter_errors(rendered)] == []


@reference
@pytest.mark.parametrize("number", NUMBERS)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), refs=references)
def test_every_key_we_set_is_one_the_chart_has(number: str, data: st.DataObject, refs: References) -> None:
    version = CiliumVersion.of(number)
    unknown = {
        ".".join(path)
        for path in leaves(helm_values(data.draw(models(version)), version, refs))
        if not is_in(defaults_of(number), path)
    }
    assert unknown - COMMENTED == set()
    for path in unknown:
        key = path.split(".")[-1]
        assert re.search(rf"^\s*#+\s*{key}:", chart_file(number, "values.yaml"), re.MULTILINE), path


@reference
def test_every_key_of_the_article_is_one_its_chart_has(refs: References) -> None:
    rendered = helm_values(CiliumValues(profile="article"), CiliumVersion.ARTICLE, refs)
    unknown = {".".join(path) for path in leaves(rendered) if not is_in(defaults_of("1.12.1"), path)}
    assert unknown == {"cni.configMap", "egressMasqueradeInterfaces"}


@reference
@pytest.mark.parametrize("number", NUMBERS)
def test_no_roll_out_switch_of_the_chart_is_forgotten(number: str, refs: References) -> None:
    def switches(tree: Mapping[str, Any]) -> set[str]:
        return {".".join(path) for path in leaves(tree) if path[-1] in ("rollOutPods", "rollOutCiliumPods")}

    rendered = helm_values(CiliumValues(), CiliumVersion.of(number), refs)
    assert switches(rendered) == switches(defaults_of(number))
