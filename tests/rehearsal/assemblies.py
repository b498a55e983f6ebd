"""Cloud assemblies of the app, and copies of them with one mistake built in."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts import synthesis

ROOT = Path(__file__).resolve().parents[2]

Template = dict[str, Any]


def synthesize(settings: Path, out: Path) -> Path:
    """The app's assembly for a settings file, in *out*.

    In this process: `tests/stacks/test_app.py` runs the app as one, and CDK's validation.
    """
    return synthesis.assembly(settings, out)


def with_mistake(assembly: Path, out: Path, stack: str, break_it: Callable[[Template], None]) -> Path:
    """A copy of an assembly whose template of *stack* went through *break_it*."""
    shutil.copytree(assembly, out, copy_function=os.link)
    (path,) = out.glob(f"*-{stack}.template.json")
    template = json.loads(path.read_text())
    break_it(template)
    path.unlink()  # a hard link: writing to it would change the original
    path.write_text(json.dumps(template))
    return out


def find(template: Template, kind: str, contains: str = "") -> str:
    """Logical id of the one resource of a type whose id contains a text."""
    names = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind and contains in name
    ]
    assert len(names) == 1, f"{kind} {contains}: {names}"
    return str(names[0])


def forget(template: Template, name: str, *, unless: tuple[str, ...] = ()) -> None:
    """Remove each explicit dependency on *name*, except from the resources in *unless*."""
    for other, resource in template["Resources"].items():
        if other not in unless and "DependsOn" in resource:
            resource["DependsOn"] = [each for each in resource["DependsOn"] if each != name]


def remove(template: Template, name: str) -> None:
    """Take a resource out, and every explicit dependency on it."""
    del template["Resources"][name]
    forget(template, name)


def assembly_of(folder: Path, **resources: Any) -> Path:
    """An assembly of one stack with these resources, in a new folder."""
    folder.mkdir()
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://210987654321/eu-central-1",
        "properties": {"templateFile": "t.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"app": artifact}}))
    (folder / "t.json").write_text(json.dumps({"Resources": resources}))
    return folder
