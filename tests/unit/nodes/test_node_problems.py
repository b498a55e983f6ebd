"""What is refused in the nodes of a group."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.nodes import NodeGroupProps, Proxy, Taint, node_group_problems

PEM = "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n"


def refusals(**props: Any) -> list[str]:
    return [str(problem) for problem in node_group_problems("node_groups[0].", NodeGroupProps(**props))]


@pytest.mark.parametrize(
    "props",
    [
        {},
        {"image_version": "1.62.0"},
        {"ami_id": "ami-0123456789abcdef0"},
        {"ami_id": "${Token[TOKEN.1]}"},
        {"instance_types": ["g5.xlarge"], "accelerator": "nvidia"},
        {"instance_types": ["g4ad.xlarge"]},
        {"taints": [Taint("dedicated", "a"), Taint("dedicated", "a", "NoExecute")]},
        {"max_unavailable": 100},
        {"max_unavailable_percentage": 33},
        {"proxy": Proxy(url="http://proxy.example.com:3128")},
        {"certificates": {"corporate": PEM * 2}},
    ],
)
def test_what_works_is_taken(props: dict[str, Any]) -> None:
    assert refusals(**props) == []


@pytest.mark.parametrize(
    ("props", "refusal"),
    [
        (
            {"image_version": "v20261104"},
            "image_version: must be 'latest' or a release of bottlerocket, got 'v20261104'; "
            "for example '1.62.0'",
        ),
        (
            {"ami_id": "ami-x"},
            "ami_id: must be the id of an image, got 'ami-x'; for example 'ami-0123456789abcdef0'",
        ),
        (
            {"ami_id": "ami-0123456789abcdef0", "image_version": "1.62.0"},
            "image_version: must be left out with ami_id, which is one image, got '1.62.0'; "
            "leave one of them out",
        ),
        (
            {"image": "al2", "instance_types": ["g5.xlarge"], "accelerator": "nvidia"},
            "accelerator: must be left out with image 'al2', which has no such drivers here, got 'nvidia'; "
            "use image 'bottlerocket' or 'al2023'",
        ),
        (
            {"instance_types": ["g5.xlarge"]},
            "instance_types: must not have NVIDIA GPUs without accelerator 'nvidia', whose image has their "
            "drivers, got 'g5.xlarge'; set accelerator to 'nvidia', or choose another type",
        ),
        (
            {"accelerator": "neuron"},
            "instance_types: must have Inferentia or Trainium chips with accelerator 'neuron', "
            "got 'm6i.large'; choose such a type, or leave accelerator out",
        ),
        (
            {"taints": [Taint("a", effect="NO_SCHEDULE")]},  # type: ignore[arg-type]
            "taints[0]: must have an effect of NoSchedule, PreferNoSchedule, NoExecute, got 'NO_SCHEDULE'",
        ),
        (
            {"taints": [Taint("node.cilium.io/agent-not-ready")]},
            "taints[0]: must not be Cilium's own taint, which every node has until Cilium runs there, "
            "got 'node.cilium.io/agent-not-ready'; leave it out",
        ),
        (
            {"taints": [Taint("a", "1"), Taint("a", "2")]},
            "taints[1]: must have each key once for an effect, got 'a=2:NoSchedule'; remove one of them",
        ),
        (
            {"max_unavailable": 0},
            "max_unavailable: must be from 1 to 100, got 0; leave it out for one node at a time",
        ),
        (
            {"max_unavailable": 2, "max_unavailable_percentage": 10},
            "max_unavailable_percentage: must be left out with max_unavailable, got 10; "
            "leave one of them out",
        ),
        (
            {"proxy": Proxy(url="proxy:3128")},
            "proxy.url: must be a URL with http or https, got 'proxy:3128'; "
            "for example 'http://proxy.example.com:3128'",
        ),
        (
            {"certificates": {"Corporate CA": PEM}},
            "certificates: must have names of at most 63 lower-case letters, digits and hyphens, "
            "got 'Corporate CA'; for example 'corporate'",
        ),
        (
            {"certificates": {"corporate": "Zm9v"}},
            "certificates.corporate: must be certificates in PEM; it begins with -----BEGIN CERTIFICATE-----",
        ),
    ],
)
def test_what_cannot_work_is_refused(props: dict[str, Any], refusal: str) -> None:
    assert refusals(**props) == [f"node_groups[0].{refusal}"]
