"""Scenarios: commands as data, in the order in which both servers get them.

A scenario is a file in `scenarios/`: what it is about, and steps that share the state of one cluster.

```yaml
about: what the steps try
steps:
  make-a-map: kubectl create configmap one --from-literal=a=1
  make-it-as-a-guest:
    run: kubectl apply -f -
    as: guest            # the bearer; by default admin
    input: {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}
  it-is-there:
    run: kubectl get configmap two -o name
    until: two           # asks again until the output has this, for what controllers do
```

The first word of a command names the program: kubectl, helm4 or helm3. Commands run without a shell, in the
folder of this module.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parent
SCENARIOS: Final = FOLDER / "scenarios"
TOOLS: Final = ("kubectl", "helm3", "helm4")
_FIELDS: Final = {"run", "as", "input", "until"}


_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SAFE):  # type: ignore[misc]  # whichever this PyYAML has
    """Refuses a key that comes twice: the second step would hide the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name!r} is there twice", key.start_mark
                )
            seen.add(name)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


@dataclass(frozen=True)
class Step:
    """One command.

    Attributes:
        name: Its name, once in its scenario.
        tool: The program.
        arguments: What follows the program's name.
        bearer: The token it shows.
        input: What the program reads from its standard input.
        until: Text that its output must have before the next step; empty to ask once.
    """

    name: str
    tool: str
    arguments: tuple[str, ...]
    bearer: str = "admin"
    input: str = ""
    until: str = ""


@dataclass(frozen=True)
class Scenario:
    """Steps that share the state of one cluster."""

    name: str
    about: str
    steps: tuple[Step, ...]


def load(path: Path) -> Scenario:
    """The scenario of a file.

    Raises:
        ValueError: The file is not a scenario.
    """
    try:
        document = yaml.load(path.read_text(), Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name}: must be YAML, got {error}") from error
    if not isinstance(document, dict) or set(document) != {"about", "steps"}:
        raise ValueError(f"{path.name}: must have about and steps")
    steps = tuple(_step(f"{path.stem}/{name}", name, each) for name, each in document["steps"].items())
    return Scenario(path.stem, document["about"], steps)


def all_scenarios() -> list[Scenario]:
    """Every scenario, by name."""
    return [load(path) for path in sorted(SCENARIOS.glob("*.yaml"))]


def _step(where: str, name: str, given: object) -> Step:
    fields = {"run": given} if isinstance(given, str) else given
    if not isinstance(fields, dict) or "run" not in fields or not set(fields) <= _FIELDS:
        raise ValueError(
            f"{where}: must be a command, or a mapping with run and {', '.join(sorted(_FIELDS))}"
        )
    tool, *arguments = shlex.split(fields["run"])
    if tool not in TOOLS:
        raise ValueError(f"{where}: must begin with {', '.join(TOOLS)}, got {tool!r}")
    return Step(
        name,
        tool,
        tuple(arguments),
        fields.get("as", "admin"),
        _text(fields.get("input")),
        fields.get("until", ""),
    )


def _text(given: Any) -> str:
    if given is None or isinstance(given, str):
        return given or ""
    documents = given if isinstance(given, list) else [given]
    # As JSON: the YAML of Go reads some words of ours as booleans.
    return "\n---\n".join(json.dumps(document) for document in documents)
