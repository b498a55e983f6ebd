"""The complete boot data of a node, in the language of each image.

A launch template with an AMI id is a custom AMI to EKS, which then adds nothing to the user data
(https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-custom-ami). Without
an AMI id, EKS would decide the pods per node
(https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html#max-pods-precedence) and give
labels and taints about half a minute after the node joined
(https://github.com/aws/containers-roadmap/issues/1962).
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from .taint import Taint

# belief: EKS-custom-ami-merges-nothing, EKS-max-pods-cap, EKS-api-labels-come-late

# belief: EKS-endpoint-names
API_DOMAINS: Final = (".eks.amazonaws.com", ".eks.amazonaws.com.cn")
"""Where the names of EKS's APIs are."""

_NEVER_BY_PROXY: Final = (
    "localhost",
    "127.0.0.1",
    "169.254.169.254",
    ".cluster.local",
    ".svc",
    *API_DOMAINS,
)
"""What goes around a proxy: the node, its metadata service, Services, and the API's private endpoint."""

_PROXIED_UNITS: Final = ("containerd", "kubelet", "nodeadm-config", "nodeadm-run")
"""The units of AL2023 and AL2 that call AWS: https://awslabs.github.io/amazon-eks-ami/nodeadm/."""


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A proxy on the way from nodes to the internet and AWS.

    Attributes:
        url: Its address, ``http://proxy.example.com:3128``.
        no_proxy: What nodes reach without it: names, suffixes such as ``.example.com``, and ranges. The node
            itself, the metadata service, Services and the Kubernetes API are always among them.
    """

    url: str
    no_proxy: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """What a node must know to join a cluster.

    The attributes of the cluster may be tokens of CDK.

    Attributes:
        cluster_name: Name of the EKS cluster.
        api_server: URL of the Kubernetes API.
        certificate_authority: Its certificate authority, in base64.
        max_pods: How many pods the kubelet may run.
        service_cidr: Range of the Services; None leaves it to the node to ask EKS, which AL2023 cannot.
        cluster_dns: Address of the cluster's DNS in that range; None likewise.
        labels: Kubernetes labels, from the first moment on.
        taints: Kubernetes taints, from the first moment on.
        proxy: A proxy for calls to AWS and for images.
        certificates: Certificate authorities that the node trusts, each as PEM by a name.
    """

    cluster_name: str
    api_server: str
    certificate_authority: str
    max_pods: int
    service_cidr: str | None = None
    cluster_dns: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Taint] = ()
    proxy: Proxy | None = None
    certificates: Mapping[str, str] = field(default_factory=dict)

    @property
    def no_proxy(self) -> list[str]:
        """What a node reaches without the proxy."""
        if self.proxy is None:
            return []
        ranges = [self.service_cidr] if self.service_cidr else []
        return list(dict.fromkeys([*_NEVER_BY_PROXY, *ranges, *self.proxy.no_proxy]))

    @property
    def kubelet_flags(self) -> list[str]:
        """Labels and taints as the kubelet's flags."""
        flags = []
        if self.labels:
            pairs = ",".join(f"{key}={value}" for key, value in self.labels.items())
            flags.append(f"--node-labels={pairs}")
        if self.taints:
            flags.append(f"--register-with-taints={','.join(map(str, self.taints))}")
        return flags


@dataclass(frozen=True)
class Part:
    """A part of multipart user data.

    Attributes:
        content_type: ``application/node.eks.aws`` or ``text/x-shellscript``.
        text: Its content.
    """

    content_type: str
    text: str


NODE_CONFIG: Final = "application/node.eks.aws"
SCRIPT: Final = "text/x-shellscript"


def bottlerocket_settings(node: Bootstrap) -> str:
    """Bottlerocket's TOML.

    Source: https://bottlerocket.dev/en/os/latest/api/settings/kubernetes/, .../network/ and .../pki/. Without
    ``cluster-dns-ip`` the node asks EKS for it.
    """
    kubernetes: dict[str, Any] = {
        "api-server": node.api_server,
        "cluster-certificate": node.certificate_authority,
        "cluster-name": node.cluster_name,
        **({"cluster-dns-ip": node.cluster_dns} if node.cluster_dns else {}),
        "max-pods": node.max_pods,
    }
    taints: dict[str, list[str]] = {}
    for taint in node.taints:
        taints.setdefault(taint.key, []).append(f"{taint.value}:{taint.effect}")
    tables: dict[str, Mapping[str, Any]] = {
        "settings.kubernetes": kubernetes,
        "settings.kubernetes.node-labels": node.labels,
        "settings.kubernetes.node-taints": taints,
    }
    if node.proxy is not None:
        tables["settings.network"] = {"https-proxy": node.proxy.url, "no-proxy": node.no_proxy}
    for name, pem in node.certificates.items():
        data = base64.b64encode(pem.encode()).decode()
        tables[f"settings.pki.{name}"] = {"data": data, "trusted": True}
    return "\n".join(_table(name, entries) for name, entries in tables.items() if entries)


def _table(name: str, entries: Mapping[str, Any]) -> str:
    # A basic string of TOML is written like a string of JSON: https://toml.io/en/v1.0.0#string.
    lines = (f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in entries.items())
    return f"[{name}]\n{''.join(lines)}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def node_config(node: Bootstrap) -> list[Part]:
    """AL2023's parts: a script where the system needs one, then nodeadm's NodeConfig.

    Source: https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/.
    """
    kubelet: dict[str, Any] = {"config": {"maxPods": node.max_pods}}
    if node.kubelet_flags:
        kubelet["flags"] = node.kubelet_flags
    config = {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {
            "cluster": {
                "name": node.cluster_name,
                "apiServerEndpoint": node.api_server,
                "certificateAuthority": node.certificate_authority,
                "cidr": node.service_cidr,
            },
            "kubelet": kubelet,
        },
    }
    text = yaml.safe_dump(config, sort_keys=False, width=1 << 20)
    return [*_system_part(node), Part(NODE_CONFIG, text)]


def bootstrap_script(node: Bootstrap) -> list[Part]:
    """AL2's parts: a script where the system needs one, then the call of EKS's bootstrap script.

    Source: https://github.com/awslabs/amazon-eks-ami/blob/main/templates/al2/runtime/bootstrap.sh. Its own
    table of max pods counts the primary interface and is turned off.
    """
    flags = " ".join([f"--max-pods={node.max_pods}", *node.kubelet_flags])
    arguments = {
        "--apiserver-endpoint": node.api_server,
        "--b64-cluster-ca": node.certificate_authority,
        **({"--dns-cluster-ip": node.cluster_dns} if node.cluster_dns else {}),
        "--use-max-pods": "false",
        "--kubelet-extra-args": flags,
    }
    written = " ".join(f"{name} {shlex.quote(value)}" for name, value in arguments.items())
    call = f"/etc/eks/bootstrap.sh {shlex.quote(node.cluster_name)} {written}"
    return [*_system_part(node), Part(SCRIPT, f"#!/bin/bash\nset -euo pipefail\n{call}\n")]


def _system_part(node: Bootstrap) -> list[Part]:
    """A script that sets the proxy and the certificate authorities of Amazon Linux, if there are any."""
    lines = [*_trust(node.certificates), *_proxy(node)]
    if not lines:
        return []
    return [Part(SCRIPT, "\n".join(["#!/bin/bash", "set -euo pipefail", *lines]) + "\n")]


def _trust(certificates: Mapping[str, str]) -> Iterator[str]:
    for name, pem in certificates.items():
        yield from _file(f"/etc/pki/ca-trust/source/anchors/{name}.pem", pem.strip().splitlines())
    if certificates:
        yield "update-ca-trust"


def _proxy(node: Bootstrap) -> Iterator[str]:
    if node.proxy is None:
        return
    values = {
        "HTTPS_PROXY": node.proxy.url,
        "HTTP_PROXY": node.proxy.url,
        "NO_PROXY": ",".join(node.no_proxy),
    }
    for unit in _PROXIED_UNITS:
        yield f"mkdir -p /etc/systemd/system/{unit}.service.d"
        environment = [f'Environment="{name}={value}"' for name, value in values.items()]
        yield from _file(f"/etc/systemd/system/{unit}.service.d/proxy.conf", ["[Service]", *environment])
    yield "systemctl daemon-reload"


def _file(path: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"cat > {path} <<'END'"
    yield from lines
    yield "END"
