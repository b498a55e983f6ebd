"""The commands of Cilium's pre-flight check: the next release's images on every node, policies judged by it.

https://docs.cilium.io/en/stable/operations/upgrade/#running-pre-flight-check-required
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .command_names import CommandNames

TEMPLATES: Final = "templates/cilium-preflight/*"
"""The chart's files of the check, in every chart from 1.12 to 1.20."""

SWITCHES: Final = ("preflight.enabled=true", "agent=false", "operator.enabled=false")
"""What Cilium's guide sets for it."""

_FILE: Final = "cilium-preflight.yaml"
_CHECK: Final = "cilium-pre-flight-check"
_SERVER: Final = "kubectl config view --minify --output jsonpath='{.clusters[0].cluster.server}'"


def pre_flight(values: CiliumValues, version: CiliumVersion, names: CommandNames) -> Iterator[str]:
    """Yield the commands.

    The check takes the values of the deployment, and so the same registry and pull secrets. With Hubble they
    would render its relay and UI a second time, so that only the files of the check are taken.
    """
    switches = [f"--set {switch}" for switch in SWITCHES]
    if values.kube_proxy_replacement:
        # The deployment alone knows this host, and without kube-proxy pods reach the API by it.
        yield f"API_SERVER=$({_SERVER} | cut -d/ -f3)"
        switches.append('--set k8sServiceHost="$API_SERVER" --set k8sServicePort=443')
    yield "# Cilium's pre-flight check, which pulls the new images on every node and judges your policies:"
    yield f"cdk-eks-cilium values --settings {names.settings} --cilium {version} > preflight-values.yaml"
    yield (
        f"helm template cilium-preflight cilium --repo https://helm.cilium.io --version {version} "
        f"--namespace kube-system --values preflight-values.yaml {' '.join(switches)} "
        f"--show-only '{TEMPLATES}' > {_FILE}"
    )
    yield f"kubectl apply --namespace kube-system --filename {_FILE}"
    yield f"kubectl --namespace kube-system rollout status daemonset/{_CHECK} --timeout 10m"
    yield f"kubectl --namespace kube-system rollout status deployment/{_CHECK} --timeout 10m"
    yield "# A deployment that does not get ready names the invalid policies in its log:"
    yield f"kubectl --namespace kube-system logs deployment/{_CHECK} --container cnp-validator"
    yield f"kubectl delete --namespace kube-system --filename {_FILE}"
