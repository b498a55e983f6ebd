"""The labels of a namespace, read as a policy.

https://github.com/kubernetes/pod-security-admission/blob/master/api/helpers.go.
"""

# belief: K8S-pod-security-labels

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rehearsal.kubernetes.validation.fields import Errors, invalid

PREFIX: Final = "pod-security.kubernetes.io/"
#: From the least strict to the strictest.
LEVELS: Final = ("privileged", "baseline", "restricted")
_VERSION = re.compile(r"v1\.([0-9]|[1-9][0-9]*)")


@dataclass(frozen=True)
class Level:
    """A level of the standards, in the version of a minor release.

    Attributes:
        name: ``privileged``, ``baseline`` or ``restricted``.
        version: ``latest``, or as ``v1.25``.
    """

    name: str = "privileged"
    version: str = "latest"

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"

    def minor(self, newest: int) -> int:
        """The release whose rules count: at most the cluster's own."""
        return newest if self.version == "latest" else min(newest, int(self.version.partition(".")[2]))


@dataclass(frozen=True)
class Policy:
    """What a namespace asks: pods that violate ``enforce`` are refused, for ``warn`` the client is warned."""

    enforce: Level = Level()
    warn: Level = Level()


def policy_of(labels: Mapping[str, str]) -> Policy:
    """The policy of a namespace; what cannot be read counts as the strictest."""
    enforce = Level(_level(labels, "enforce", "restricted"), _version(labels, "enforce"))
    warn = Level(_level(labels, "warn", "privileged"), _version(labels, "warn"))
    enforced = labels.get(f"{PREFIX}enforce") in LEVELS
    stricter = LEVELS.index(enforce.name) > LEVELS.index(warn.name)
    if f"{PREFIX}warn" not in labels and enforced and stricter:
        same_version = f"{PREFIX}warn-version" not in labels
        warn = Level(enforce.name, enforce.version if same_version else warn.version)
    return Policy(enforce, warn)


def _level(labels: Mapping[str, str], mode: str, unknown: str) -> str:
    found = labels.get(f"{PREFIX}{mode}", LEVELS[0])
    return found if found in LEVELS else unknown


def _version(labels: Mapping[str, str], mode: str) -> str:
    found = labels.get(f"{PREFIX}{mode}-version", "latest")
    return found if _VERSION.fullmatch(found) else "latest"


def label_errors(labels: Mapping[str, str]) -> Errors:
    """The labels of a namespace that cannot be read."""
    for mode in ("enforce", "audit", "warn"):
        level, version = (labels.get(f"{PREFIX}{mode}{end}") for end in ("", "-version"))
        if level is not None and level not in LEVELS:
            yield invalid(f"metadata.labels[{PREFIX}{mode}]", level, f"must be one of {', '.join(LEVELS)}")
        if version not in (None, "latest") and not _VERSION.fullmatch(str(version)):
            where = f"metadata.labels[{PREFIX}{mode}-version]"
            yield invalid(where, version, 'must be "latest" or "v1.x"')
