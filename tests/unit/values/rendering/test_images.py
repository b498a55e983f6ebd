"""Images from a registry of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, References, helm_values, problems
from cdk_eks_cilium.values.rendering.images import image_values
from cdk_eks_cilium.versions import CiliumVersion
from tests.reference_charts import defaults_of, reference
from tests.releases import since

REGISTRY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror"
NUMBERS = since("1.18")


def texts(number: str = "1.19.6", registry: str = REGISTRY, **overrides: Any) -> list[str]:
    values = CiliumValues(image_registry=registry, overrides=overrides)
    return [str(problem) for problem in problems(values, CiliumVersion.of(number))]


def repositories(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if key == "repository":
                yield path, value
            else:
                yield from repositories(value, f"{path}.{key}".lstrip("."))


def test_the_path_after_the_registry_stays(refs: References) -> None:
    values = helm_values(CiliumValues(image_registry=REGISTRY), CiliumVersion.DEFAULT, refs)

    assert values["image"] == {"repository": f"{REGISTRY}/cilium/cilium"}
    # The chart appends the cloud: operator-aws.
    assert values["operator"]["image"] == {"repository": f"{REGISTRY}/cilium/operator"}
    assert values["operator"]["replicas"] == 2
    assert values["hubble"]["ui"]["frontend"]["image"]["repository"] == f"{REGISTRY}/cilium/hubble-ui"


@pytest.mark.parametrize(
    ("number", "image"),
    [
        ("1.19.1", None),
        ("1.19.2", "istio/ztunnel"),
        ("1.19.6", "istio/ztunnel"),
        ("1.20.0", "cilium/ztunnel"),
    ],
)
def test_ztunnel_came_as_the_image_of_istio_and_became_ciliums(number: str, image: str | None) -> None:
    found = dict(repositories(image_values(REGISTRY, CiliumVersion.of(number))))
    assert found.get("encryption.ztunnel.image") == (f"{REGISTRY}/{image}" if image else None)


def test_without_a_registry_no_image_is_named(refs: References) -> None:
    values = helm_values(CiliumValues(), CiliumVersion.DEFAULT, refs)
    assert list(repositories(values)) == []


@reference
@pytest.mark.parametrize("number", NUMBERS)
def test_every_image_of_the_chart_moves_and_nothing_else_is_set(number: str) -> None:
    theirs = dict(repositories(defaults_of(number)))
    # The chart names no image for it, whoever turns it on must.
    theirs.pop("standaloneDnsProxy.image", None)

    ours = dict(repositories(image_values(REGISTRY, CiliumVersion.of(number))))

    assert ours == {path: f"{REGISTRY}/{image.split('/', 1)[1]}" for path, image in theirs.items()}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("registry", [REGISTRY, "registry.corp.example:5000", "mirror.example/a/b-c/d__e"])
def test_a_registry_with_or_without_port_and_path_is_fine(number: str, registry: str) -> None:
    assert texts(number, registry) == []


def test_a_registry_that_only_the_deployment_knows_is_taken_on_trust() -> None:
    assert texts(registry="${Token[AWS.AccountId.4]}.dkr.ecr.eu-west-1.amazonaws.com") == []


@pytest.mark.parametrize(
    "registry",
    ["https://mirror.example", "mirror", "mirror.example/", "mirror.example/x:v1", "Mirror.example", ""],
)
def test_an_invalid_registry_is_refused(registry: str) -> None:
    assert texts(registry=registry) == [
        "cilium.image_registry: must be the host of a registry, with a path if it has one, without scheme "
        f"and tag, got {registry!r}; for example '111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror'"
    ]


@pytest.mark.parametrize("number", ["1.12.1", "1.17.18"])
def test_a_version_whose_images_are_not_known_is_refused_by_name(number: str) -> None:
    assert texts(number) == [
        f"cilium.image_registry: is for the images of Cilium 1.18 and newer, not {number}, got "
        f"'{REGISTRY}'; use a newer version, or name each image's repository in overrides"
    ]


def test_a_repository_is_set_in_one_place() -> None:
    assert texts(envoy={"image": {"repository": "mirror.example/envoy", "tag": "v1"}}) == [
        "cilium.overrides.envoy.image.repository: must not be set next to image_registry, which every image "
        "comes from, got 'mirror.example/envoy'; use one of the two"
    ]


def test_tags_and_other_keys_of_images_may_be_overridden() -> None:
    assert texts(envoy={"image": {"tag": "v1"}}, image={"pullPolicy": "Always"}) == []
