"""``policy convert``: policies of other kinds in terms that Cilium enforces."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from cdk_eks_cilium.cli.answer import Answer
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy_analysis.admin_policies import is_generated
from cdk_eks_cilium.policy_analysis.conversion import as_yaml
from cdk_eks_cilium.policy_analysis.converting import is_convertible
from cdk_eks_cilium.policy_analysis.reading import is_judged, read_conversions, read_sources
from cdk_eks_cilium.problems import InputError, Problem

from . import files


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_json(parser)
    files.add_files(
        parser, "YAML with policies of other kinds (other objects are left out), or a folder", settings=False
    )


def run(options: argparse.Namespace) -> Answer:
    """Print policies of other kinds as policies with the same meaning that Cilium enforces.

    NetworkPolicies and EKS's ApplicationNetworkPolicies become CiliumNetworkPolicies. AdminNetworkPolicies,
    BaselineAdminNetworkPolicies and EKS's ClusterNetworkPolicies become ClusterNetworkPolicies of Kubernetes.
    Comments name places where a plain copy of the text would mean something else.
    """
    reading = read_sources(options.files, _is_read)
    converted, wrong = read_conversions(reading.documents, files.version_of(options))
    left_out = (*reading.left_out, *wrong)
    if not converted:
        what = "must contain a policy to convert, such as a NetworkPolicy of Kubernetes"
        missing = Problem(
            files.named(options.files), f"{what},{files.beside(left_out)}".removesuffix(","), id="CEK7012"
        )
        raise InputError([each.problem for each in left_out if each.problem] or [missing])
    data = [{"policy": one.policy.manifest(), "remarks": list(one.remarks)} for one in converted]
    answer = Answer(data, map(as_yaml, [converted]), notes=[*reading.remarks, *_left_out(reading.documents)])
    return files.told(answer, left_out)


def _left_out(documents: Sequence[Document]) -> Iterator[str]:
    made = [each.where for each in documents if is_generated(each)]
    if made:
        yield f"left out, because EKS's controller makes them of other policies: {', '.join(made)}"
    others = [each.where for each in documents if not is_convertible(each) and not is_generated(each)]
    if others:
        yield f"left out, because they are not policies to convert: {', '.join(others)}"


def _is_read(document: Document) -> bool:
    return is_convertible(document) or is_generated(document) or is_judged(document)
