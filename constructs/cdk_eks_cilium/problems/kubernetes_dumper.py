"""Writes YAML that kubectl and Helm read as it was meant."""

from __future__ import annotations

from typing import Any

import yaml

from .kubernetes_scalars import plain


class KubernetesDumper(yaml.SafeDumper):
    """PyYAML's dumper, which also quotes text that only kubectl would read as something else.

    kubectl and Helm read a plain ``y`` as a boolean and ``1e3`` as a number; PyYAML takes both for text.
    """


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "'" if text and plain(text) != text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


KubernetesDumper.add_representer(str, _text)


def dump_yaml(data: Any, *, width: int = 100, unicode: bool = False) -> str:
    """One document as YAML, its keys in their order.

    Args:
        data: Plain data.
        width: Columns, after which long text is folded.
        unicode: Whether to write letters beyond ASCII as they are.
    """
    text: str = yaml.dump(data, Dumper=KubernetesDumper, sort_keys=False, width=width, allow_unicode=unicode)
    return text
