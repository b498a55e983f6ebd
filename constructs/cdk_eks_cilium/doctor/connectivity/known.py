"""Failures of the tests that say something else than they seem to, each with its source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .outcome import TestResult


@dataclass(frozen=True)
class _Known:
    """A known failure: what its test or its actions match, what it means, and where that is written."""

    pattern: str
    meaning: str
    source: str

    def __str__(self) -> str:
        return f"{self.meaning} ({self.source})"


_FAILURES: Final = (
    _Known(
        r"^check-log-errors",
        "it reads the whole log of agents and operators, so an error that is over, such as of a node that "
        "is gone, fails it again; read the lines",
        "https://github.com/cilium/cilium/issues/36992, https://github.com/cilium/cilium/issues/37819",
    ),
    _Known(
        r"^no-unexpected-packet-drops",
        "it counts drops since the agents started, also before the test; restart the agents and run it "
        "again, or look for the reason of the drops in Hubble",
        "https://github.com/cilium/cilium/issues/42725",
    ),
    _Known(
        r"pod-to-host/ping-ipv4-(external-ip|\d)",
        "it pings every address of a node: pods do not reach public ones (ExternalIP), and private ones need "
        "ICMP in the nodes' security groups",
        "https://github.com/cilium/cilium-cli/issues/1608, https://github.com/cilium/cilium/issues/28879",
    ),
    _Known(
        r"pod-to-remote-nodeport|pod-to-local-nodeport|outside-to-nodeport|north-south",
        "node ports need 30000-32767 between the nodes in their security groups",
        "https://github.com/cilium/cilium/issues/28879",
    ),
    _Known(
        r"pod-to-world|pod-to-cidr|to-fqdns|^to-cidr-external|^client-egress-l7|^to-entities-world",
        "it needs the internet from pods: one.one.one.one, 1.1.1.1 and 1.0.0.1. Check the ways out that "
        "`cdk-eks-cilium plan` shows, name other targets (-- --external-target ... --external-ip ...), or "
        "leave these tests out with --no-internet",
        "the options --external-target, --external-ip and --external-other-ip of the CLI",
    ),
)

_OUTPUTS: Final = (
    _Known(
        r"violates PodSecurity",
        "labels of the namespace keep the pods of the tests out, some of which use the host's network: "
        "kubectl label namespace cilium-test-1 pod-security.kubernetes.io/enforce=privileged --overwrite",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/; the CLI makes its namespace "
        "without labels (deploy in cilium-cli/connectivity/check/deployment.go)",
    ),
    _Known(
        r"ImagePullBackOff|ErrImagePull|pull access denied",
        "the nodes cannot pull the images of the tests from quay.io: name copies of them "
        "(-- --curl-image ... --json-mock-image ... --dns-test-server-image ...)",
        "the options of the CLI",
    ),
    _Known(
        r"FailedScheduling|Insufficient (cpu|memory|pods)|Too many pods",
        "the pods of the tests find no room on the nodes",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/",
    ),
    _Known(
        r"(timeout|timed out|deadline exceeded).*(ready|deployment)|not ready",
        "the pods of the tests did not become ready in time: kubectl --namespace cilium-test-1 get events",
        "WaitForDeployment in cilium-cli/connectivity/check",
    ),
    _Known(
        r"[Ff]orbidden",
        "the caller lacks rights: the tests make namespaces and workloads, and run commands in pods",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
    ),
)


def explanation(result: TestResult) -> str:
    """What is known of a test that failed; empty for nothing."""
    texts = (result.name, *result.failed)
    return next((str(each) for each in _FAILURES if any(re.search(each.pattern, text) for text in texts)), "")


def explanation_of_output(text: str) -> str:
    """What is known of an output where the tests could not begin; empty for nothing."""
    return next((str(each) for each in _OUTPUTS if re.search(each.pattern, text)), "")
