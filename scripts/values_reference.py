"""The tables of Cilium's typed values: fields, what each version has, what overrides may not set."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel

from cdk_eks_cilium.values import CiliumValues, Features, Hubble, HubbleTls, References, helm_values, problems
from cdk_eks_cilium.values.model.marks import IS_TYPED
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS, Section, TypedField, is_list, sections_in
from cdk_eks_cilium.values.rendering.merge import leaves
from cdk_eks_cilium.values.rules.agent_options import OWNED_AGENT_OPTIONS
from cdk_eks_cilium.values.rules.owned import owned
from cdk_eks_cilium.versions.cilium import CiliumVersion, known_versions, minors
from scripts.schema_words import table, type_words

FIELDS_PAGE: Final = "values-fields.md"


def own_first(properties: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Fields by name; what the settings and the values share comes last."""
    shared = Features.model_fields if properties.keys() >= Features.model_fields.keys() else ()
    return sorted(properties.items(), key=lambda item: item[0] in shared)


def _places(model: Section, prefix: str = "") -> Iterator[tuple[str, Section]]:
    """Every section below *model*, with the path it is found at."""
    for name, field in own_first(model.model_fields):
        for section in sections_in(field.annotation):
            mark = "[]" if is_list(field) else ""
            yield f"{prefix}{name}{mark}", section
            yield from _places(section, f"{prefix}{name}{mark}.")


SECTIONS: Final[Mapping[str, Section]] = {section.__name__: section for _, section in _places(CiliumValues)}
"""The sections of the values by their class name, in the order of the page."""


def anchor(name: str) -> str:
    """Where on the page the section with a class name is."""
    return name.lower()


def sections() -> str:
    """Every field of the values, a section a table."""
    parts = [f"### CiliumValues\n\n{_fields(CiliumValues)}"]
    for name, section in SECTIONS.items():
        at = [f"`{path}`" for path, found in _places(CiliumValues) if found is section]
        parts.append(f"### {name}\n\n{_about(section, at)}\n\n{_fields(section)}")
    return "\n\n".join(parts)


def _about(section: Section, at: Sequence[str]) -> str:
    """Where a section is found, and its docstring, as Markdown."""
    text = inspect.cleandoc(section.__doc__ or "")
    text = re.sub(r"``([^`]+)``|\*(\w+)\*", lambda code: f"`{code[1] or code[2]}`", text)
    first, *others = text.split("\n\n")
    return "\n\n".join(_wrapped(part) for part in (f"{', '.join(at)}: {first}", *others))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 110, break_on_hyphens=False)


def _fields(section: Section) -> str:
    schema = section.model_json_schema()
    required = schema.get("required", ())
    declared = {field.path.rpartition(".")[2]: field for field in TYPED_FIELDS if field.section is section}
    rows = [
        (
            f"`{name}`",
            type_words(field, lambda target: f"[{target}](#{anchor(target)})"),
            "required" if name in required else _default(section, name),
            *(_chart(declared[name]) if name in declared else ("", "")),
            field["description"],
        )
        for name, field in own_first(schema["properties"])
    ]
    return table(("Field", "Type", "Default", "Chart value", "From", "Meaning"), rows)


def _chart(field: TypedField) -> tuple[str, str]:
    """The chart values of a field, in brackets if overrides may set them too, and its first version."""
    cells = []
    for mark in field.marks:
        words = _code(mark.keys.split())
        cells.append(words if mark in field.owned else f"({words})")
    return ", ".join(cells), field.known.since if field.known else ""


def _default(section: Section, name: str) -> str:
    value = section.model_fields[name].get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        said = value.model_dump(exclude_defaults=True)
        return f"`{json.dumps(said)}`" if said else "as there"
    return f"`{json.dumps(value)}`"


#: Values that a rule of their own keeps to some versions, and what to try on each version.
_TRIED: Final[Mapping[str, CiliumValues]] = {
    "image_registry": CiliumValues(image_registry="registry.example/mirror"),
    "node_init": CiliumValues(node_init=True),
    "profile: article": CiliumValues(profile="article"),
    "hubble.tls: cronJob": CiliumValues(hubble=Hubble(tls=HubbleTls(method="cronJob"))),
    "cluster_id: 256": CiliumValues(cluster_id=256),
    "overrides.ipv6.enabled: true": CiliumValues(overrides={"ipv6": {"enabled": True}}),
}


def features() -> str:
    """Which minors take the values that are not simply there from a first version on."""
    rows = [
        (_code([label]), *(_tried(values, minor) for minor in minors())) for label, values in _TRIED.items()
    ]
    return table(("Value", *minors()), rows)


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _tried(values: CiliumValues, minor: str) -> str:
    """What the rules say of *values* with the patches of *minor*."""
    patches = [version for version in known_versions() if version.minor == minor]
    fine = [version for version in patches if not problems(values, version)]
    if len(fine) in (0, len(patches)):
        return "yes" if fine else ""
    if fine != patches[: len(fine)]:
        raise ValueError(f"neither all patches of {minor} nor its first ones take it, but {fine}")
    return f"to {fine[-1]}"


def owned_keys() -> str:
    """The chart values that overrides may not set, apart from keys that are only typed values."""
    said: dict[tuple[str, str], list[str]] = {}
    for path, mark in owned(known_versions()[-1]).items():
        if mark.reason != IS_TYPED:
            said.setdefault((mark.reason, mark.fix), []).append(".".join(path))
    rows = [(_code(keys), *map(_sentence, words)) for words, keys in said.items()]
    return table(("Chart value", "Why", "Instead"), rows)


def agent_options() -> str:
    """The options of agent and operator that neither ``extraConfig`` nor ``extraArgs`` may set."""
    return _wrapped(_code(sorted(OWNED_AGENT_OPTIONS)) + ".")


#: A name, what it is set to, and what it is called with.
_NAME: Final = re.compile(r"[A-Za-z][\w.]*(?:=[\w.'\"]+)?(?:\((?:[^()\s]|\([^()]*\))*\))?")


def _sentence(text: str) -> str:
    """A reason or a fix with a capital letter, a full stop, and its code marked as such."""
    marked = _NAME.sub(lambda name: f"`{name[0]}`" if re.search(r"[_=(]", name[0]) else name[0], text)
    return f"{marked[0].upper()}{marked[1:]}." if marked else ""


def steps() -> str:
    """What changes in the values that are rendered for the defaults, from each minor to the next."""
    rows = []
    for older, newer in pairwise(minors()):
        was, now = _rendered(older), _rendered(newer)
        gone, new = sorted(was.keys() - now.keys()), sorted(now.keys() - was.keys())
        other = sorted(key for key in was.keys() & now.keys() if was[key] != now[key])
        rows.append((f"{older} to {newer}", *(_code(keys) for keys in (gone, new, other))))
    return table(("Step", "No longer set", "Set from here on", "Another value"), rows)


def _rendered(minor: str) -> dict[str, Any]:
    refs = References(cluster_name="any", operator_role_arn="any", subnet_ids=("any",))
    values = helm_values(CiliumValues(), CiliumVersion.newest_of(minor), refs)
    return {".".join(path): value for path, value in leaves(values)}
