"""Reads the kubelet's max pods out of a node's user data, in each image's own language."""

from __future__ import annotations

import email
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml


class UserDataError(Exception):
    """User data with which a node would not boot."""


def max_pods(text: str, image: str) -> int | None:
    """The kubelet's max pods that the user data sets; None when it leaves them out.

    Args:
        text: The user data, decoded.
        image: The node group's AMI type, such as BOTTLEROCKET_x86_64 or AL2023_x86_64_STANDARD.

    Raises:
        UserDataError: The image cannot read it.
    """
    if image.startswith("BOTTLEROCKET"):
        return _bottlerocket(text)
    if image.startswith("AL2023"):
        return _node_config(text)
    return _script(text)


def _bottlerocket(text: str) -> int | None:
    try:
        settings: dict[str, Any] = tomllib.loads(text).get("settings", {})
    except tomllib.TOMLDecodeError as error:
        raise UserDataError(f"Bottlerocket reads user data as TOML, which this is not: {error}") from None
    value = settings.get("kubernetes", {}).get("max-pods")
    return None if value is None else int(value)


def _script(text: str) -> int | None:
    """From AL2's shell scripts: bootstrap.sh's kubelet argument, or an edit of the kubelet's own file."""
    scripts = "\n".join(payload for _, payload in _parts(text))
    found = re.findall(r"(?:--max-pods[= ]|\.maxPods *= *)(\d+)", scripts)
    return int(found[-1]) if found else None


def _node_config(text: str) -> int | None:
    """From the last NodeConfig document that sets it, as nodeadm merges them."""
    found = None
    for kind, payload in _parts(text):
        if kind != "application/node.eks.aws":
            continue
        try:
            config = yaml.safe_load(payload) or {}
        except yaml.YAMLError as error:
            raise UserDataError(f"nodeadm reads this part as YAML, which it is not: {error}") from None
        kubelet = ((config.get("spec") or {}).get("kubelet") or {}).get("config") or {}
        found = kubelet.get("maxPods", found)
    return None if found is None else int(found)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The content type and the content of each part that is not made of parts itself."""
    for part in email.message_from_string(text).walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield part.get_content_type(), payload.decode()
