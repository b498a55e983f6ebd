"""The policies of a tenant: default deny for its namespace, then its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from cdk_eks_cilium.problems import InputError, Problem, refuse
from cdk_eks_cilium.problems.kubernetes_names import is_dns_label
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .builders import Peer, PolicyBuilder, Port, kube_dns
from .documents import KINDS, Document, make_each, parse, read_files
from .model import CiliumNetworkPolicy, Policy
from .validity import problems_for

DEFAULT_DENY: Final = "default-deny"
"""The name of the policy that isolates a tenant's pods."""

KEPT_NAMESPACES: Final = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces that Kubernetes makes, and that a tenant cannot have."""

POD_SECURITY: Final = "pod-security.kubernetes.io"
"""The prefix of the namespace labels that limit what pods may do."""

PodSecurity = Literal["privileged", "baseline", "restricted"]
"""The Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/."""

Source = CiliumNetworkPolicy | PolicyBuilder | str | os.PathLike[str]
"""A policy, a builder, or the path of a YAML file or of a folder of YAML files."""


def default_deny(namespace: str, *, names_are_seen: bool = True) -> CiliumNetworkPolicy:
    """Refuse all traffic of a namespace's pods, in both directions, except what every pod needs.

    That is DNS, over UDP and TCP, and connections from the pod's own node, above all the kubelet's probes.
    Cilium lets a node reach its pods in any case (its agent's option ``allow-localhost``); the policy shows
    it to people who read policies. Pods of the namespace do not reach each other.

    Args:
        namespace: The namespace.
        names_are_seen: Whether Cilium reads DNS answers, so that rules about names work. That needs the L7
            proxy.
    """
    policy = PolicyBuilder(
        DEFAULT_DENY, namespace=namespace, description="Nothing but DNS and the kubelet's probes"
    )
    policy.allow_from(Peer.entity("host"))
    if names_are_seen:
        return policy.allow_dns().policy()
    return policy.allow_to(kube_dns(), Port.udp(53), Port.tcp(53)).policy()


def namespace_problems(namespace: str, where: str) -> Iterator[Problem]:
    """Say why a tenant cannot have a namespace; *where* is the place that errors name."""
    if namespace in KEPT_NAMESPACES or namespace.startswith("kube-"):
        fix = "choose another namespace for the tenant"
        yield Problem(where, "must not be a namespace of Kubernetes itself", namespace, fix, id="CEK5053")
    elif not is_dns_label(namespace):
        fix = "use at most 63 lower-case letters, digits and '-', with a letter or digit at both ends"
        yield Problem(where, "must be the name of a namespace", namespace, fix, id="CEK5054")


def label_problems(labels: Mapping[str, str], where: str) -> Iterator[Problem]:
    """Refuse labels of a namespace that a tenant cannot set; *where* is the place that errors name."""
    for key in labels:
        if key.startswith(f"{POD_SECURITY}/"):
            fix = "set pod_security instead"
            yield Problem(where, "must not be about Pod Security", key, fix, id="CEK5055")


def tenant_policies(
    namespace: str,
    sources: Iterable[Source],
    *,
    version: CiliumVersion,
    isolated: bool = True,
    l7_proxy: bool = True,
    where: str = "tenant",
) -> list[CiliumNetworkPolicy]:
    """The policies of a tenant in the order of their application: default deny comes first.

    Args:
        namespace: The tenant's namespace. Policies without a namespace get it.
        sources: Its own policies.
        version: The release of Cilium that is installed.
        isolated: Whether to begin with `default_deny`.
        l7_proxy: Whether Cilium has its L7 proxy, which rules about requests and names need.
        where: The place that errors name for policies written in code.

    Raises:
        InputError: For everything wrong with them, all at once.
    """
    problems: list[Problem] = []
    found: list[tuple[str, CiliumNetworkPolicy]] = []
    if isolated:
        found.append((f"{where}: {DEFAULT_DENY}", default_deny(namespace, names_are_seen=l7_proxy)))
    for source in sources:
        try:
            found += _of_source(source, namespace, where)
        except InputError as error:
            problems += error.problems
    for at, policy in found:
        problems += problems_for(policy, version, at)
        problems += [] if l7_proxy else _proxied(policy, at)
    problems += _twice(found)
    refuse(problems)
    return [policy for _, policy in found]


def namespace_labels(pod_security: PodSecurity, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of a tenant's namespace; under ``baseline``, what is not ``restricted`` gets a warning."""
    stricter = "restricted" if pod_security == "baseline" else pod_security
    modes = {"enforce": pod_security, "warn": stricter, "audit": stricter}
    return {**labels, **{f"{POD_SECURITY}/{mode}": standard for mode, standard in modes.items()}}


def _of_source(source: Source, namespace: str, where: str) -> list[tuple[str, CiliumNetworkPolicy]]:
    if isinstance(source, PolicyBuilder):
        source = source.policy()
    if isinstance(source, CiliumNetworkPolicy):
        at = f"{where}: {source.name}"
        return [(at, _placed(source, namespace, at))]
    documents = read_files([source])
    if not documents:
        fix = "add a policy, or leave the path out"
        raise InputError([Problem(str(source), "must contain a policy", fix=fix, id="CEK5056")])
    return make_each(documents, lambda each: (each.where, _placed(_policy(each), namespace, each.where)))


def _policy(document: Document) -> Policy:
    if document.kind not in KINDS:
        fix = "convert a NetworkPolicy ('cdk-eks-cilium policy convert'), and keep other kinds elsewhere"
        raise InputError(
            [Problem(document.where, "must be a CiliumNetworkPolicy", document.kind, fix, id="CEK5057")]
        )
    return parse(document.data, document.where)


def _placed(policy: Policy, namespace: str, where: str) -> CiliumNetworkPolicy:
    """The policy in the tenant's namespace."""
    if not isinstance(policy, CiliumNetworkPolicy):
        fix = "write a CiliumNetworkPolicy, or a ClusterwideNetworkPolicy construct beside the tenants"
        raise InputError([Problem(where, "must be for one namespace", policy.kind_name, fix, id="CEK5058")])
    given = policy.metadata.namespace
    if given not in (None, namespace):
        fix = "leave metadata.namespace out, or give the file to the tenant that it is for"
        raise InputError(
            [Problem(where, f"must be in the tenant's namespace {namespace}", given, fix, id="CEK5059")]
        )
    metadata = policy.metadata.model_copy(update={"namespace": namespace})
    return policy.model_copy(update={"metadata": metadata})


def _proxied(policy: CiliumNetworkPolicy, where: str) -> Iterator[Problem]:
    for place, rule in policy.rules():
        for section, index, item in rule.items():
            rules = [getattr(port, "rules", None) for port in item.to_ports or ()]
            if getattr(item, "to_fqdns", None) or any(one is not None and one.protocol for one in rules):
                yield Problem(
                    f"{where}: {place}.{section}[{index}]",
                    "must not look into requests or names: l7_proxy is off",
                    fix="turn l7_proxy on, or leave toFQDNs and rules out",
                    id="CEK5060",
                )


def _twice(found: Sequence[tuple[str, CiliumNetworkPolicy]]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for where, policy in found:
        if policy.name in seen:
            rule = f"must have a unique name, and {policy.name} is already at {seen[policy.name]}"
            yield Problem(where, rule, fix="rename one of them", id="CEK5061")
        seen.setdefault(policy.name, where)
