"""Pods per node: rules, plan, template and the rehearsal's reading of it all say one number."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import build, context
from cdk_eks_cilium.cluster.launch_template import user_data
from cdk_eks_cilium.nodes import IMAGES, Bootstrap
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import Settings, address_plan, node_addressing, parse
from rehearsal.aws.images import PublishedImages
from rehearsal.aws.user_data import boot_data
from tests.small_apps import TEMPLATES_ONLY

FACTS = (
    "# a region, written 2026-11-25\nname,enis,ipv4_per_eni,hypervisor,vcpus,architecture\n"
    "m6i.large,2,3,nitro,2,x86_64\nz9.small,2,2,nitro,2,x86_64\nz9.large,5,12,nitro,30,x86_64\n"
)
# By hand, from EC2's documentation: interfaces, addresses of each, hypervisor, vCPUs.
TABLE = {
    "m6i.large": (3, 10, "nitro", 2),
    "t3.small": (3, 4, "nitro", 2),
    "t3.nano": (2, 2, "nitro", 2),
    "m6i.8xlarge": (8, 30, "nitro", 32),
    "m5.metal": (15, 50, "metal", 96),
    "m4.large": (2, 10, "xen", 2),
}
ADDED = {
    "m6i.large": (2, 3, "nitro", 2),
    "z9.small": (2, 2, "nitro", 2),
    "z9.large": (5, 12, "nitro", 30),
}
JOINED = Bootstrap(cluster_name="c", api_server="https://api", certificate_authority="Zm9v", max_pods=0)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("facts") / "facts.csv"
    file.write_text(FACTS)
    return str(file)


def pods_by_hand(kind: tuple[int, int, str, int], cilium: dict[str, Any], most: int | None) -> int | None:
    """The max-pods of a node's kubelet; None if nodes of the type cannot have pods."""
    enis, addresses_each, hypervisor, vcpus = kind
    eni: dict[str, int] = cilium["eni"]
    # Bare metal from Cilium 1.18 on: https://github.com/cilium/cilium/pull/39678.
    prefixes = hypervisor == "nitro" or (hypervisor == "metal" and cilium["version"].startswith("1.19."))
    if enis <= eni["first_interface_index"] or (eni["prefix_delegation"] and not prefixes):
        return None
    step = 16 if eni["prefix_delegation"] else 1
    addresses = (enis - eni["first_interface_index"]) * (addresses_each - 1) * step
    if most is not None:
        addresses = min(addresses, (most + step - 1) // step * step)
    own = 3 if "ingress_controller" in cilium else 2
    return min(110 if vcpus < 30 else 250, max(0, addresses - own) + 1)


counts = st.none() | st.integers(1, 40)
ciliums = st.fixed_dictionaries(
    {
        "version": st.sampled_from(["1.12.19", "1.13.18", "1.16.19", "1.19.6"]),
        "egress": st.just("pod"),
        "eni": st.fixed_dictionaries(
            {"first_interface_index": st.sampled_from([1, 1, 2, 3]), "prefix_delegation": st.booleans()}
        ),
        "ipam": st.tuples(counts, counts, counts)
        .map(
            lambda each: {
                name: count
                for name, count in zip(("min_allocate", "pre_allocate", "max_allocate"), each, strict=True)
                if count is not None
            }
        )
        .filter(lambda ipam: ipam.get("min_allocate", 0) <= ipam.get("max_allocate", 40)),
    },
    optional={"ingress_controller": st.just({}), "kube_proxy_replacement": st.just(True)},
)
node_groups = st.lists(
    st.fixed_dictionaries(
        {
            "instance_types": st.lists(
                st.sampled_from(sorted({*TABLE, *ADDED})), min_size=1, max_size=3, unique=True
            ),
            "image": st.sampled_from(["bottlerocket", "al2023"]),
        }
    ),
    min_size=1,
    max_size=3,
).map(lambda groups: [{"name": f"group-{at}", **group} for at, group in enumerate(groups)])


def expected_refusals(data: dict[str, Any], known: dict[str, Any]) -> set[tuple[str, str]]:
    """The places at which too few pods on a node are refused, each with the pods in the refusal."""
    cilium, found, limited = data["cilium"], set(), []
    most, fewest = cilium["ipam"].get("max_allocate"), 20 if cilium["eni"]["prefix_delegation"] else 12
    for at, group in enumerate(data["node_groups"]):
        for name in group["instance_types"]:
            if name not in known or (of_type := pods_by_hand(known[name], cilium, None)) is None:
                continue
            if of_type < fewest:
                found.add((f"node_groups[{at}].instance_types", str(of_type)))
            else:
                limited.append(pods_by_hand(known[name], cilium, most) or 0)
    if limited and min(limited) < fewest:
        found.add(("cilium.ipam.max_allocate", str(min(limited))))
    return found


def carried(error: InputError) -> set[tuple[str, str]]:
    """Where the pods of a node are refused, and how many there are."""
    found = [(problem.where, re.search(r"holds (\d+)$", problem.rule)) for problem in error.problems]
    return {(where, number[1]) for where, number in found if number}


def parsed(data: dict[str, Any]) -> Settings | InputError:
    try:
        return parse(data)
    except InputError as error:
        return error


@given(cilium=ciliums, groups=node_groups, own_facts=st.booleans())
def test_rules_plan_user_data_and_the_rehearsal_agree_on_the_pods_of_a_node(
    facts: str, cilium: dict[str, Any], groups: list[dict[str, Any]], own_facts: bool
) -> None:
    known = {**TABLE, **ADDED} if own_facts else TABLE
    data = {"cilium": cilium, "node_groups": groups} | ({"instance_facts": facts} if own_facts else {})
    settings = parsed(data)
    if isinstance(settings, InputError):
        assert carried(settings) == expected_refusals(data, known)
        return
    assert expected_refusals(data, known) == set()
    for group, planned in zip(settings.node_groups, address_plan(settings).capacity.groups, strict=True):
        most = cilium["ipam"].get("max_allocate")
        by_hand = min(pods_by_hand(known[name], cilium, most) or 0 for name in group.instance_types)
        pods = node_addressing(settings).max_pods(group.instance_types)
        text = user_data(IMAGES[group.image], replace(JOINED, max_pods=pods)).render()
        assert (planned.max_pods, boot_data(text, group.image).max_pods) == (by_hand, by_hand)


def resolved(value: Any) -> str:
    """A text of a template, as CloudFormation makes it of its functions; references as their names."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function in ("Ref", "Fn::GetAtt"):
        return str(argument)
    if function == "Fn::Base64":
        return base64.b64encode(resolved(argument).encode()).decode()
    separator, parts = argument
    return str(separator).join(map(resolved, parts))


def templates_pods(settings: Settings) -> dict[str, int | None]:
    """What the templates of an app tell the nodes of each image, as the rehearsal reads it."""
    app = cdk.App(context={**context(), **TEMPLATES_ONLY}, builtin_cloud_formation_validation=False)
    _, stack, _ = build(app, settings)
    template = app.synth().get_stack_by_name(stack.stack_name).template
    resources, images, found = template["Resources"], PublishedImages(), {}
    for resource in resources.values():
        if resource["Type"] == "AWS::EKS::Nodegroup":
            properties = resource["Properties"]
            launch = resources[properties["LaunchTemplate"]["Id"]["Ref"]]["Properties"]["LaunchTemplateData"]
            image = images.find(template["Parameters"][launch["ImageId"]["Ref"]]["Default"])
            assert image is not None
            text = resolved(launch["UserData"]["Fn::Base64"])
            found[image.family] = boot_data(text, image.family).max_pods
    return found


@pytest.mark.parametrize(
    ("data", "pods"),
    [
        pytest.param(
            {
                "cilium": {
                    "egress": "pod",
                    "eni": {"prefix_delegation": False},
                    "ipam": {"max_allocate": 25},
                    "kube_proxy_replacement": True,
                    "ingress_controller": {},
                },
                "node_groups": [{"name": "a", "instance_types": ["z9.large", "m6i.8xlarge"]}],
            },
            {"bottlerocket": 25 - 3 + 1},
            id="a limit on single addresses, with an ingress controller",
        ),
        pytest.param(
            {
                "cilium": {"egress": "pod", "eni": {"first_interface_index": 2}},
                "node_groups": [
                    {"name": "a", "image": "al2023", "instance_types": ["m6i.8xlarge", "t3.small"]},
                    {"name": "b", "instance_types": ["m6i.8xlarge"]},
                ],
            },
            {"al2023": 1 * 3 * 16 - 2 + 1, "bottlerocket": 250},
            id="a later first interface",
        ),
        pytest.param(
            {
                "kubernetes_version": "1.32",
                "cilium": {"profile": "article", "version": "1.12.1"},
                "node_groups": [{"name": "a", "image": "al2", "instance_types": ["z9.large", "t3.small"]}],
            },
            {"al2": 2 * 3 * 16 - 2 + 1},
            id="the article's image",
        ),
    ],
)
def test_the_template_tells_nodes_the_pods_that_are_planned(
    facts: str, data: dict[str, Any], pods: dict[str, int]
) -> None:
    settings = parse({**data, "instance_facts": facts})

    assert templates_pods(settings) == pods
    assert [group.max_pods for group in address_plan(settings).capacity.groups] == [*pods.values()]
