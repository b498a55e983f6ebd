"""Paths of the API, and the types behind them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rehearsal.kubernetes.calls import target_of
from rehearsal.kubernetes.real.places import address_of, path_of, path_of_key, type_of
from rehearsal.kubernetes.resources import BUILT_IN, ResourceType, ResourceTypes
from rehearsal.kubernetes.store import key_of

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.sampled_from(BUILT_IN), NAMES, NAMES)
def test_the_path_of_an_object_leads_back_to_it(resource: ResourceType, namespace: str, name: str) -> None:
    key = key_of(resource, namespace, name)
    path = path_of_key(ResourceTypes(), key)
    target = target_of(path, ResourceTypes())
    assert (target.resource, target.key) == (resource, key)


@given(st.sampled_from(BUILT_IN), NAMES, NAMES, st.data())
@example(next(each for each in BUILT_IN if each.kind == "Namespace"), "shop", "shop", None)
def test_each_path_of_a_type_names_it(
    resource: ResourceType, namespace: str, name: str, data: st.DataObject | None
) -> None:
    # Below a namespace, what is not a part of it is a type.
    ends = ["", "?limit=1", *(f"/{part}" for part in resource.subresources)]
    end = data.draw(st.sampled_from(ends)) if data else ends[-1]
    home = namespace if resource.namespaced else ""
    for of in ("", name):
        path = path_of(resource, namespace, of) + (end if of else "")
        assert address_of(path) == ((resource.group, resource.plural), home, of)
    assert address_of(path_of(resource)) == ((resource.group, resource.plural), "", "")


@pytest.mark.parametrize(
    ("path", "collection"),
    [
        ("/version", None),
        ("/openapi/v2?timeout=32s", None),
        ("/api/v1", None),
        ("/api/v1/namespaces/shop", ("", "namespaces")),
        ("/api/v1/namespaces/shop/finalize", ("", "namespaces")),
        ("/api/v1/namespaces/shop/status", ("", "namespaces")),
        ("/api/v1/namespaces/shop/pods/a/log?follow=true", ("", "pods")),
        ("/apis/cilium.io/v2/namespaces/shop/ciliumnetworkpolicies", ("cilium.io", "ciliumnetworkpolicies")),
    ],
)
def test_a_path_is_about_one_type_or_none(path: str, collection: tuple[str, str] | None) -> None:
    found = address_of(path)
    assert (found and found.collection) == collection


def test_a_type_that_is_not_served_is_named() -> None:
    with pytest.raises(LookupError, match=r"no resource type serves ciliumnodes\.cilium\.io"):
        type_of(ResourceTypes(), ("cilium.io", "ciliumnodes"))
