"""The properties of the custom resource, checked before any request is sent.

Beside the properties of `cluster` they are

- ``Namespace``: the namespace of the policies. Without it the policies are clusterwide.
- ``Owner``: the owner of the policies, the value of the label `OWNER` on each of them.
- ``Bundle``: the policies, as a JSON list of manifests in the order of application, compressed by zlib, in
  base64. Uncompressed, some hundreds would be more than an event may hold.
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

#: The label that marks the policies of a set.
OWNER: Final = "cdk-eks-cilium/policy-set"
#: The annotation with the digest of the manifest that was applied last.
DIGEST: Final = "cdk-eks-cilium/digest"
#: Bytes of JSON that a bundle may unpack to: enough for a thousand long policies, too few for a bomb.
BUNDLE_LIMIT: Final = 8_000_000

NAMESPACED: Final = "CiliumNetworkPolicy"
CLUSTERWIDE: Final = "CiliumClusterwideNetworkPolicy"

_OWNER_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cluster: The EKS cluster and its API server.
        namespace: The namespace of the policies; None for clusterwide policies.
        owner: The value of the label `OWNER`.
        policies: The manifests by name, in the order of application, with label and annotation.
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
                "Digests: must match the policies in Bundle; deploy the output of a single synthesis"
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
        raise ValueError(f"must unpack to at most {BUNDLE_LIMIT:,} bytes, got more; split the set")
    try:
        manifests = json.loads(raw) if whole else None
    except (ValueError, RecursionError):
        manifests = None
    if not isinstance(manifests, list):
        raise ValueError(f"{rule}, got other data in it; {fix}")
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
        PermanentError: With everything that is wrong in them.
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
            problems.append(f"{where}: must have a valid Kubernetes name, got {name!r}")
            continue
        if manifest.get("apiVersion") != "cilium.io/v2" or manifest.get("kind") != kind:
            got = f"{manifest.get('apiVersion')} {manifest.get('kind')}"
            problems.append(f"{where} {name}: must be a cilium.io/v2 {kind}, got {got}")
        if metadata.get("namespace") not in (None, namespace):
            problems.append(f"{where} {name}: must be of {namespace}, got {metadata.get('namespace')}")
        if not (isinstance(manifest.get("spec"), dict) or isinstance(manifest.get("specs"), list)):
            problems.append(f"{where} {name}: must have rules under spec or specs")
        if name in policies:
            problems.append(f"{where} {name}: must have a unique name")
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
