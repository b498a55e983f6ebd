"""The answers of a real control plane, kept as files, and the list of what is known to differ from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.rehearsal.kubernetes.differential.play import Answer
from tests.rehearsal.kubernetes.differential.scenario import FOLDER

RECORDED: Final = FOLDER / "recorded"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KNOWN: Final = FOLDER / "known.yaml"


@dataclass(frozen=True)
class Recording:
    """What a real server answered to a scenario.

    Attributes:
        server: Its version.
        date: The day, as ISO writes it.
        answers: Its answers by the names of the steps.
    """

    server: str
    date: str
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class Known:
    """A reason for which steps differ.

    Attributes:
        reason: Why, in words for the rehearsal's page.
        steps: The steps, as ``scenario/step``.
    """

    reason: str
    steps: tuple[str, ...]


def read(name: str) -> Recording:
    """The recording of a scenario."""
    found = yaml.load((RECORDED / f"{name}.yaml").read_text(), Loader=_LOADER)
    answers = {step: Answer(each["exit"], each["output"]) for step, each in found["answers"].items()}
    return Recording(found["server"], str(found["date"]), answers)


def write(name: str, recording: Recording) -> None:
    """Keep a recording."""
    answers = {step: {"exit": each.exit, "output": each.output} for step, each in recording.answers.items()}
    content = {"server": recording.server, "date": recording.date, "answers": answers}
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / f"{name}.yaml").write_text(_dump(content))


def known(path: Path = KNOWN) -> list[Known]:
    """The known differences."""
    entries = yaml.load(path.read_text(), Loader=_LOADER) or []
    return [Known(" ".join(entry["reason"].split()), tuple(entry["steps"])) for entry in entries]


def write_known(entries: Iterable[Known], path: Path = KNOWN) -> None:
    """Keep the known differences; a reason without steps is dropped."""
    kept = [{"reason": each.reason, "steps": sorted(each.steps)} for each in entries if each.steps]
    path.write_text(_dump(kept))


def reasons() -> dict[str, str]:
    """The reason of each step that is known to differ."""
    return {step: entry.reason for entry in known() for step in entry.steps}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _dump(content: Any) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
