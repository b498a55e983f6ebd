"""Takes out of an output what differs from run to run: identities, times, addresses, generated names."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import yaml

_GENERATED: Final = "bcdfghjklmnpqrstvwxz2456789"
# The order matters: what is longer is masked first.
_MASKS: Final = [
    (re.compile(pattern, re.MULTILINE), mask)
    for pattern, mask in (
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        (r"\beyJ[\w-]+\.[\w-]+\.[\w-]+", "TOKEN"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d{4}( UTC)?)?", "TIME"),
        (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} +\d+ \d\d:\d\d:\d\d \d{4}", "TIME"),
        (r"^([EIW])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.]+:\d+\]", r"\1 LOG"),
        (r"\blevel=(\w+) ", r"level=\1 "),
        (r"\b(?:\d{1,3}\.){3}\d{1,3}(/\d+)?(:\d+)?", "ADDRESS"),
        (r"\blocalhost:\d+", "localhost:PORT"),
        (r"\bv1\.\d+\.\d+[-+.\w]*", "VERSION"),
        (rf"-([{_GENERATED}]{{8,10}}|[0-9a-f]{{10}})(-[{_GENERATED}]{{5}})?\b", "-HASH"),
        (rf"-[{_GENERATED}]{{5}}\b", "-RANDOM"),
        (r"\b(resourceVersion|uid): \S+$", r"\1: MASKED"),
        (r"\b(in record \(|current: |modifiedAt=)\d+", r"\1NUMBER"),
        (r"(?<![\w.=-])(\d+(\.\d+)?(ms|s|m|h|d|y))+\b", "TIME"),
        (r"-----BEGIN [\s\S]*?-----END \w+-----", "PEM"),
    )
]
_KEYS: Final = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "lastTransitionTime",
    "lastUpdateTime",
    "renewTime",
    "time",
    "continue",
}
# Hashes of how etcd keeps a type, which no client of ours reads.
_DROPPED: Final = {"storageVersionHash"}


def masked(output: str) -> str:
    """The output with masks in place of what differs from run to run."""
    try:
        document = json.loads(output)
    except ValueError:
        document = None
    if isinstance(document, dict | list):
        output = yaml.safe_dump(_masked_keys(document), sort_keys=True, width=1000)
    for pattern, mask in _MASKS:
        output = pattern.sub(mask, output)
    # The width of a column follows from what was masked in it.
    lines = (re.sub(r"(?<=\S) {2,}", "  ", line.replace("\t", "  ")).rstrip() for line in output.splitlines())
    return "\n".join(lines).strip("\n")


def _masked_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "MASKED" if key in _KEYS and isinstance(each, str) and each else _masked_keys(each)
            for key, each in value.items()
            if key not in _DROPPED
        }
    return [_masked_keys(each) for each in value] if isinstance(value, list) else value
