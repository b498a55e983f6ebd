"""The ledger: one YAML file for each area, in `data/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from cdk_eks_cilium.problems.strict_yaml import read_document

from .belief import Belief

AREAS: Final[Mapping[str, str]] = {
    "CFN": "CloudFormation",
    "CDK": "The CDK: its command line, its kubectl handler, jsii",
    "EC2": "EC2 and VPC",
    "EKS": "EKS",
    "NODE": "How nodes boot: Bottlerocket, AL2023, AL2",
    "IAM": "IAM and STS",
    "AWS": "Lambda, logs, keys, parameters and buckets",
    "K8S": "Kubernetes",
    "HELM": "Helm",
    "CILIUM": "Cilium",
}
"""The first part of an id, and what it stands for."""

_DATA: Final = Path(__file__).with_name("data")


@cache
def beliefs() -> Mapping[str, Belief]:
    """Every belief by its id, in the order of `AREAS` and of the files.

    Raises:
        InputError: If a file of the ledger is malformed.
        ValueError: If two beliefs have one id, or a belief stands in the file of another area.
    """
    found: dict[str, Belief] = {}
    for area in AREAS:
        path = _DATA / f"{area.lower()}.yaml"
        for number, entry in enumerate(read_document(path.read_bytes(), path.name) or [], start=1):
            belief = Belief.read(entry, f"{path.name}: {number}. ")
            if belief.id in found or belief.area != area:
                raise ValueError(f"{path.name}: {belief.id} must be new, and begin with {area}-")
            found[belief.id] = belief
    return found
