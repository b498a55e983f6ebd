"""The messages with which each chart at hand fails, held against our rules and their releases."""

from __future__ import annotations

import os
import re
import tarfile
from functools import cache
from pathlib import Path

import pytest

from cdk_eks_cilium.values.rules.chart import REFUSALS
from cdk_eks_cilium.versions import CiliumVersion, known_versions
from tests.charts.versions import charts_or_skip

charts_or_skip()

_IDENTITIES = "The clustermesh-apiserver cannot be enabled in combination with .Values.identityAllocation"
#: How the chart says what each of our rules says.
SAYS = {
    "CEK2200": "Hubble UI in standalone with Hubble Relay server TLS enabled requires",
    "CEK2201": "Hubble Relay requires .Values.hubble.enabled=true",
    "CEK2202": "Hubble TLS certgen method=certmanager requires",
    "CEK2203": "Only one of .Values.hubble.redact.http.headers.allow",
    "CEK2204": "Hubble UI requires hubble.ui.backend.image.tag to be",
    "CEK2205": "Ingress or Gateway API controller",
    "CEK2206": "Ingress or Gateway API controller or Envoy L7 Load Balancer",
    "CEK2207": "Cilium Ingress services of type 'LoadBalancer' or 'NodePort' need",
    "CEK2208": "Cilium GatewayAPI needs an externalTrafficPolicy",
    "CEK2209": "Ingress/Gateway API controller requires .Values.kubeProxyReplacement",
    "CEK2210": "Ingress/Gateway API controller and EnvoyConfig require .Values.kubeProxyReplacement",
    "CEK2211": "envoy.baseID must be an int",
    "CEK2212": "SPIRE integration requires .Values.authentication.enabled=true",
    "CEK2213": "if Cilium Endpoint Slice is enabled",
    "CEK2214": "Both k8sServiceHostRef and k8sServiceHost are set",
    "CEK2215": "k8sClientExponentialBackoff cannot be enabled when extraEnv",
    "CEK2216": "standaloneDnsProxy requires dnsProxy.proxyPort",
    "CEK2217": ".Values.bpf.tproxy cannot be enabled with .Values.bpf.datapathMode=netkit",
    "CEK2218": "BGP was enabled, but no announcements were enabled",
    "CEK2219": "max-connected-clusters must be set to 255 or 511",
    "CEK2220": ".Values.clustermesh.apiserver.tls.authMode must be one of",
    "CEK2221": "ClusterMesh TLS certgen method=certmanager requires",
    "CEK2222": "The clustermesh-apiserver cannot be enabled in combination with .Values.disableEndpointCRD",
    "CEK2223": _IDENTITIES,
    "CEK2224": _IDENTITIES,
    "CEK2225": "The kvstoremesh container cannot be disabled in combination with",
    "CEK2226": ".Values.clustermesh.apiserver.kvstoremesh.kvstoreMode must have the value",
    "CEK2227": "kvstoremesh.kvstoreMode=external can only be used with",
    "CEK2228": "Only single clustermesh-apiserver replica is allowed when kvstoreMode=external",
    "CEK2229": "KVStoreMesh with %s etcd cannot be enabled in combination",
    "CEK2230": "The support for providing Cluster Mesh certs and keys as helm values has been removed",
    "CEK2231": "missing clustermesh.apiserver.config.clusters.address",
    "CEK2232": "unknown type %s for clustermesh.config.clusters",
}
#: What no values of ours reach, or what other rules refuse.
ELSEWHERE = {
    "Hubble UI requires .Values.hubble.relay.enabled=true": "the typed Hubble refuses it",
    "Hubble UI requires hubble.ui.frontend.image.tag": "CEK2204 has both tags",
    "Service Monitor requires monitoring.coreos.com/v1 CRDs": "crds.py, which also counts those it misses",
    "The cluster name is invalid": "cluster_name.py",
    "Cilium is currently affected by a bug that causes traffic": "CEK2054",
    "External workloads support cannot be enabled": "CEK2222 to CEK2224 count external workloads too",
    "Invalid configuration: Installing Cilium on GKE": "no cluster of EKS",
    "RoutingMode must be set to": "gke and aksbyocni are owned",
    "ipv4NativeRoutingCIDR must be set": "asked of other modes than ENI",
    "ipv6NativeRoutingCIDR must be set": "IPv6 is refused where routingMode is written",
    "nativeRoutingCIDRFromClusterPool requires": "ipam.mode is owned",
    "Value ipam.operator.clusterPool": "ipam.mode is owned",
    "ipam.mode=eni requires eni.enabled": "both are owned",
    "ConfigMap %s/%s not found": "k8sServiceHost is owned",
    "kubeProxyReplacement must be explicitly set": "it is owned",
    "kubeproxyReplacement must be explicitly set": "it is owned",
    "Cannot have operator.setNodeTaintsMaxNodes": "operator.removeNodeTaints is owned",
    "was deprecated in": "the rules of keys refuse what is gone",
    "were deprecated in": "the rules of keys refuse what is gone",
    "has been removed in": "the rules of keys refuse what is gone",
    "missing ": "versions/chart_needs.tsv has what templates require",
    "endpointStatus.status required": "versions/chart_needs.tsv has what templates require",
}
#: These lack a message that the releases around them have: see `CERT_MANAGER_WANTS_ISSUER`.
GAPS = {
    (id, number)
    for id in ("CEK2202", "CEK2221")
    for number in ("1.12.6", "1.12.7", "1.12.8", "1.13.0", "1.13.1")
}
_FAILS = re.compile(r'\b(?:fail|required)\s+(?:\(printf\s+)?"((?:[^"\\]|\\.)*)"')
KNOWN = {version.number for version in known_versions()}
AT_HAND = sorted(
    number
    for path in Path(os.environ["CILIUM_CHARTS"]).glob("cilium-*.tgz")
    if (number := path.stem.removeprefix("cilium-")) in KNOWN
)


@cache
def messages(number: str) -> tuple[str, ...]:
    found: set[str] = set()
    with tarfile.open(Path(os.environ["CILIUM_CHARTS"]) / f"cilium-{number}.tgz") as archive:
        for member in archive:
            if "/templates/" in member.name and (content := archive.extractfile(member)) is not None:
                found |= set(_FAILS.findall(content.read().decode()))
    return tuple(sorted(found))


#: What Helm itself refuses, without a message of the chart; drawing found it.
WITHOUT_MESSAGE = {"CEK2233", "CEK2234"}


@pytest.mark.parametrize("number", AT_HAND)
def test_each_rule_holds_for_the_charts_with_its_message(number: str) -> None:
    version = CiliumVersion.of(number)
    ours = {each.id for each in REFUSALS if each.releases.holds(version)}
    theirs = {id for id, says in SAYS.items() if any(says in text for text in messages(number))}
    # One message for two rules, of which each has its own releases.
    theirs -= {"CEK2223", "CEK2224"} - ours
    assert ours - WITHOUT_MESSAGE - {id for id in ours if (id, number) in GAPS} == theirs


@pytest.mark.parametrize("number", AT_HAND)
def test_each_message_of_a_chart_has_a_rule_or_a_reason(number: str) -> None:
    known = [*SAYS.values(), *ELSEWHERE]
    assert [text for text in messages(number) if not any(each in text for each in known)] == []
