"""Reads the user data of a node in each image's own language: which cluster it joins, and as what."""

from __future__ import annotations

import email
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml


class UserDataError(Exception):
    """User data with which a node would not boot."""


@dataclass(frozen=True)
class BootData:
    """What user data says.

    Attributes:
        cluster: Name, endpoint and certificate authority of the cluster, and the range or the DNS address of
            its Services, each None where the data leaves it out.
        max_pods: The kubelet's max pods; None where the data leaves it out.
        labels: Labels that the kubelet registers with.
        taints: Taints that the kubelet registers with, as Kubernetes writes them.
    """

    cluster: Mapping[str, str | None] = field(default_factory=dict)
    max_pods: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, str], ...] = ()

    @property
    def missing(self) -> list[str]:
        """What a node needs to join and the data leaves out."""
        return [name for name, value in self.cluster.items() if not value]


# belief: NODE-own-data-decides-family
def family_of(text: str) -> str:
    """The family of images whose language user data is written in, for an image that AWS did not publish."""
    if any(kind == "application/node.eks.aws" for kind, _ in _parts(text)):
        return "al2023"
    try:
        return "bottlerocket" if "settings" in tomllib.loads(text) else "al2"
    except tomllib.TOMLDecodeError:
        return "al2"


def boot_data(text: str, family: str) -> BootData:
    """Read user data.

    Args:
        text: The user data, decoded.
        family: ``bottlerocket``, ``al2023`` or ``al2``.

    Raises:
        UserDataError: The image cannot read it.
    """
    return {"bottlerocket": _bottlerocket, "al2023": _node_config, "al2": _script}[family](text)


# belief: NODE-bottlerocket-boot-data
def _bottlerocket(text: str) -> BootData:
    try:
        settings: dict[str, Any] = tomllib.loads(text).get("settings", {})
    except tomllib.TOMLDecodeError as error:
        raise UserDataError(f"Bottlerocket reads user data as TOML, which this is not: {error}") from None
    kubernetes = settings.get("kubernetes", {})
    needed = ("cluster-name", "api-server", "cluster-certificate")
    taints = [
        _taint(f"{key}={each}")
        for key, given in kubernetes.get("node-taints", {}).items()
        for each in ([given] if isinstance(given, str) else given)
    ]
    pods = kubernetes.get("max-pods")
    return BootData(
        # belief: NODE-bottlerocket-settings-not-given
        # Without cluster-dns-ip, pluto asks EKS: it is not among what is needed.
        {name: kubernetes.get(name) for name in needed},
        None if pods is None else int(pods),
        kubernetes.get("node-labels", {}),
        tuple(taints),
    )


# belief: NODE-al2-boot-data
def _script(text: str) -> BootData:
    """AL2's shell scripts: the call of bootstrap.sh, or an edit of the kubelet's own file."""
    scripts = "\n".join(payload for _, payload in _parts(text))
    edited = re.findall(r"\.maxPods *= *(\d+)", scripts)
    call = re.search(r"^/etc/eks/bootstrap\.sh (.*)$", scripts, re.MULTILINE)
    words = shlex.split(call[1]) if call else []
    options = dict(zip(words[1::2], words[2::2], strict=False))
    flags = shlex.split(options.get("--kubelet-extra-args", ""))
    pods = [flag.partition("=")[2] for flag in flags if flag.startswith("--max-pods=")] or edited
    labels, taints = _registered(flags)
    cluster = {
        "cluster name": words[0] if words else None,
        "--apiserver-endpoint": options.get("--apiserver-endpoint"),
        "--b64-cluster-ca": options.get("--b64-cluster-ca"),
    }
    return BootData(cluster, int(pods[-1]) if pods else None, labels, taints)


# belief: NODE-al2023-boot-data
def _node_config(text: str) -> BootData:
    """NodeConfig documents, of which the last one wins, as nodeadm merges them."""
    cluster: dict[str, str | None] = dict.fromkeys(
        ("name", "apiServerEndpoint", "certificateAuthority", "cidr")
    )
    pods: int | None = None
    flags: list[str] = []
    for kind, payload in _parts(text):
        if kind != "application/node.eks.aws":
            continue
        try:
            config = yaml.safe_load(payload) or {}
        except yaml.YAMLError as error:
            raise UserDataError(f"nodeadm reads this part as YAML, which it is not: {error}") from None
        spec = config.get("spec") or {}
        kubelet = spec.get("kubelet") or {}
        cluster |= spec.get("cluster") or {}
        pods = (kubelet.get("config") or {}).get("maxPods", pods)
        flags += kubelet.get("flags") or []
    labels, taints = _registered(flags)
    return BootData(cluster, None if pods is None else int(pods), labels, taints)


# belief: NODE-labels-by-kubelet
def _registered(flags: list[str]) -> tuple[dict[str, str], tuple[Mapping[str, str], ...]]:
    """The labels and taints among the kubelet's flags."""
    given = dict(flag.split("=", 1) for flag in flags if "=" in flag)
    labels = [pair.partition("=") for pair in given.get("--node-labels", "").split(",") if pair]
    taints = [_taint(each) for each in given.get("--register-with-taints", "").split(",") if each]
    return {key: value for key, _, value in labels}, tuple(taints)


def _taint(text: str) -> dict[str, str]:
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The content type and the content of each part that is not made of parts itself."""
    for part in email.message_from_string(text).walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield part.get_content_type(), payload.decode()
