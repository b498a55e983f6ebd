"""Whether a policy in the cluster is what its manifest says."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from properties import DIGEST

#: The fields that hold a policy's rules.
RULES: Final = ("spec", "specs")
_DIRECTIONS: Final = ("ingress", "ingressDeny", "egress", "egressDeny")
# The only default in the schemas of both kinds, in Cilium 1.12 and 1.19 alike:
# https://github.com/cilium/cilium/blob/v1.19.1/pkg/policy/api/icmp.go (kubebuilder:default=IPv4)
_FAMILY: Final = "IPv4"


def differs(live: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Whether a policy differs from the manifest, or was changed since it was applied."""
    if rules_differ(live, manifest):
        return True
    metadata, wanted = live.get("metadata", {}), manifest["metadata"]
    if (metadata.get("annotations") or {}).get(DIGEST) != wanted["annotations"][DIGEST]:
        return True
    return any(
        (metadata.get(field) or {}).get(key) != value
        for field in ("labels", "annotations")
        for key, value in wanted[field].items()
    )


def rules_differ(live: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Whether the rules differ, apart from what the API server fills in."""
    return any(_filled(live.get(field)) != _filled(manifest.get(field)) for field in RULES)


def contradiction(live: Any, wanted: Any, path: str = "") -> str:
    """The path of what is stored and not wanted, or wanted and not stored; empty without any.

    Further text, numbers and booleans do not contradict: that is what defaults look like. Further lists and
    mappings do, because peers, ports and directions are made of them.
    """
    if isinstance(live, Mapping) and isinstance(wanted, Mapping):
        for key in sorted({*live, *wanted}):
            at = f"{path}.{key}"
            if key not in wanted and not isinstance(live[key], Mapping | list):
                continue
            if found := contradiction(live.get(key), wanted.get(key), at):
                return found
        return ""
    if isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        pairs = enumerate(zip(live, wanted, strict=True))
        return next(filter(None, (contradiction(*pair, f"{path}[{i}]") for i, pair in pairs)), "")
    return "" if live == wanted else path.removeprefix(".")


def _filled(rules: Any) -> Any:
    """Rules as the API server stores them: with the family that an ICMP type leaves out."""
    if isinstance(rules, list):
        return [_filled(each) for each in rules]
    if not isinstance(rules, Mapping):
        return rules
    filled = copy.deepcopy(dict(rules))
    for direction in _DIRECTIONS:
        for rule in _mappings(filled.get(direction)):
            for icmp in _mappings(rule.get("icmps")):
                for field in _mappings(icmp.get("fields")):
                    field.setdefault("family", _FAMILY)
    return filled


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
