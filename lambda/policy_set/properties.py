"""What the custom resource is given, checked before anything is sent.

Beside what says which cluster it is (`cluster`), the properties are

- ``Namespace``: where the policies are. Without it they are clusterwide ones.
- ``Owner``: who they belong to, the value of the label `OWNER` that each of them gets.
- ``Bundle``: the policies, as a JSON list of manifests in the order that they are applied in, compressed by
  zlib, in base64. In the open some hundreds would be more than an event may hold.
- ``Digests``: for each name the first twelve hexadecimal digits of the SHA-256 of its manifest in canonical
  JSON (`digest`), so that a diff of templates shows which policies change.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cluster import READERS, Cluster, cluster_of
from errors import PermanentError
from readers import DNS_LABEL, DNS_NAME, read_all

#: The label by which the policies of a set are found again.
OWNER: Final = "cdk-eks-cilium/policy-set"
#: The annotation with the digest of what was applied last.
DIGEST: Final = "cdk-eks-cilium/digest"
#: Bytes of JSON that a bundle may unpack to: a thousand long policies, and no bomb.
BUNDLE_LIMIT: Final = 8_000_000

NAMESPACED: Final = "CiliumNetworkPolicy"
CLUSTERWIDE: Final = "CiliumClusterwideNetworkPolicy"

_OWNER_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cluster: The EKS cluster and its API server.
        namespace: Where the policies are; None for clusterwide ones.
        owner: The value of the label `OWNER`.
        policies: The manifests by name, in the order that they are applied in, with label and annotation.
    """

    cluster: Cluster
    namespace: str | None
    owner: str
    policies: Mapping[str, dict[str, Any]]

    @classmethod
    def of(cls, raw: object) -> Properties:
        """Read ``ResourceProperties``.

        Raises:
            PermanentError: With every property that is missing or malformed.
        """
        readers = {
            **READERS,
            "Namespace": _namespace,
            "Owner": _owner,
            "Bundle": _bundle,
            "Digests": _digests,
        }
        read = read_all(raw, readers)
        policies = _checked(read["Bundle"], read["Namespace"])
        if read["Digests"] != {name: digest(manifest) for name, manifest in policies.items()}:
            raise PermanentError(
                "Digests: must be those of the policies in Bundle; deploy what one synthesis has made"
            )
        return cls(
            cluster=cluster_of(read),
            namespace=read["Namespace"],
            owner=read["Owner"],
            policies={name: _marked(manifest, read["Owner"]) for name, manifest in policies.items()},
        )

    @property
    def where(self) -> str:
        """The set, for errors."""
        place = f"of namespace {self.namespace}" if self.namespace else "of the whole cluster"
        return f"Policies {place} on cluster {self.cluster.name}"


def digest(manifest: Mapping[str, Any]) -> str:
    """The first twelve hexadecimal digits of the SHA-256 of a manifest in canonical JSON."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:12]


def _namespace(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not DNS_LABEL.fullmatch(value):
        raise ValueError(
            f"must be the name of a namespace, got {value!r}; leave it out for clusterwide policies"
        )
    return value


def _owner(value: object) -> str:
    if not isinstance(value, str) or not _OWNER_NAME.fullmatch(value):
        raise ValueError(
            f"must be the value of a label, got {value!r}; "
            "use at most 63 lower-case letters, digits, '-' and '.'"
        )
    return value


def _bundle(value: object) -> list[Any]:
    rule, fix = "must be a list of policies, as JSON, compressed by zlib, in base64", "synthesize it anew"
    if not isinstance(value, str) or not value:
        raise ValueError(f"{rule}, got {'nothing' if value is None else type(value).__name__}; {fix}")
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(base64.b64decode(value, validate=True), BUNDLE_LIMIT)
        whole = unpacking.eof
    except (binascii.Error, ValueError, zlib.error):
        raise ValueError(f"{rule}, got {len(value)} characters of something else; {fix}") from None
    if unpacking.unconsumed_tail:
        raise ValueError(f"must unpack to at most {BUNDLE_LIMIT:,} bytes, got more; cut the set in parts")
    try:
        manifests = json.loads(raw) if whole else None
    except (ValueError, RecursionError):
        manifests = None
    if not isinstance(manifests, list):
        raise ValueError(f"{rule}, got something else in it; {fix}")
    return manifests


def _digests(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(
            f"must be a mapping of names to digests, got {type(value).__name__}; synthesize it anew"
        )
    return {str(name): str(each) for name, each in value.items()}


def _checked(manifests: list[Any], namespace: str | None) -> dict[str, dict[str, Any]]:
    """The manifests by name.

    Raises:
        PermanentError: For everything in them that is not as it must be.
    """
    kind = NAMESPACED if namespace else CLUSTERWIDE
    policies: dict[str, dict[str, Any]] = {}
    problems = []
    for number, given in enumerate(manifests):
        where = f"Bundle[{number}]"
        manifest: dict[str, Any] = given if isinstance(given, dict) else {}
        metadata: dict[str, Any] = manifest.get("metadata") or {}
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if not isinstance(name, str) or not DNS_NAME.fullmatch(name):
            problems.append(f"{where}: must have a name of Kubernetes, got {name!r}")
            continue
        if manifest.get("apiVersion") != "cilium.io/v2" or manifest.get("kind") != kind:
            got = f"{manifest.get('apiVersion')} {manifest.get('kind')}"
            problems.append(f"{where} {name}: must be a cilium.io/v2 {kind}, got {got}")
        if metadata.get("namespace") not in (None, namespace):
            problems.append(f"{where} {name}: must be of {namespace}, got {metadata.get('namespace')}")
        if not (isinstance(manifest.get("spec"), dict) or isinstance(manifest.get("specs"), list)):
            problems.append(f"{where} {name}: must have rules under spec or specs")
        if name in policies:
            problems.append(f"{where} {name}: must have a name of its own")
        policies[name] = manifest
    if problems:
        raise PermanentError("\n".join(problems))
    return policies


def _marked(manifest: dict[str, Any], owner: str) -> dict[str, Any]:
    metadata = manifest["metadata"]
    return {
        **manifest,
        "metadata": {
            **metadata,
            "labels": {**(metadata.get("labels") or {}), OWNER: owner},
            "annotations": {**(metadata.get("annotations") or {}), DIGEST: digest(manifest)},
        },
    }
