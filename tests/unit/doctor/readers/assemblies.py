"""Cloud assemblies, as ``cdk synth`` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write(
    folder: Path,
    templates: Mapping[str, Any],
    needs: Mapping[str, Sequence[str]] | None = None,
    url: str = "s3://cdk-hnb659fds-assets-${AWS::AccountId}-eu-west-1/abc.json",
) -> Path:
    """Write an assembly with a stack for each template; the folder."""
    artifacts: dict[str, Any] = {"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}
    for name, template in templates.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template), encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/eu-west-1",
            "properties": {
                "templateFile": f"{name}.template.json",
                "stackTemplateAssetObjectUrl": url,
                "stackName": name,
                "tags": {"team": "platform"},
            },
            "dependencies": [*(needs or {}).get(name, ()), f"{name}.assets"],
        }
    (folder / "manifest.json").write_text(
        json.dumps({"version": "48.0.0", "artifacts": artifacts}), encoding="utf-8"
    )
    return folder
