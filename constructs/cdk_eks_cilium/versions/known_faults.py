"""Known faults of Cilium's releases: who has them, in which configuration, and what they look like.

The data is ``known_faults.yaml`` beside this module. A configuration is what an agent reads: options with
texts, as in the ConfigMap ``cilium-config``. So values before a deploy and the ConfigMap of a live cluster
are judged by the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from cdk_eks_cilium.problems.model import Model
from cdk_eks_cilium.problems.strict_yaml import read_document

from .cilium import CiliumVersion

DATA_FILE: Final = "known_faults.yaml"

_Text = Annotated[str, Field(min_length=1)]
_Bound = Annotated[str, Field(pattern=r"^1\.\d+\.\d+$")]
_Option = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
_Texts = Annotated[
    tuple[_Text, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
]

Read = Callable[[str], Any]
"""Gives the value of an option of the agent; None where it is not set."""


class ReleaseSpan(Model):
    """Releases in a row that have a fault.

    Attributes:
        since: The first one.
        until: The first one without it; None if every later release has it.
    """

    since: _Bound
    until: _Bound | None = None

    def holds(self, version: CiliumVersion) -> bool:
        """Whether a release is among them."""
        return version.at_least(self.since) and not (self.until and version.at_least(self.until))


class Fault(Model):
    """A fault of some releases.

    Attributes:
        id: Its name: words, or the id of an advisory.
        about: What to change, as settings call it.
        affects: The releases that have it.
        when: Values of options without which nobody meets it: one, or any of several.
        given: Options that must have some value.
        unless: Values of options with which nobody meets it; all of them must be so.
        later: Whether it needs an event that the configuration does not tell, such as a full subnet.
        breaks: Whether Cilium or its policies do not work with it; otherwise it hurts.
        symptom: What happens, as a clause.
        way: What to do, as a clause.
        links: Where it is written.
    """

    id: _Text
    about: _Text
    affects: Annotated[tuple[ReleaseSpan, ...], Field(min_length=1)]
    when: dict[_Option, _Texts] = Field(default_factory=dict)
    given: tuple[_Option, ...] = ()
    unless: dict[_Option, _Texts] = Field(default_factory=dict)
    later: bool = False
    breaks: bool = False
    symptom: _Text
    way: _Text
    links: Annotated[tuple[Annotated[str, Field(pattern=r"^https://\S+$")], ...], Field(min_length=1)]

    def span(self, version: CiliumVersion) -> ReleaseSpan | None:
        """The releases around *version* that have the fault; None if it does not."""
        return next((span for span in self.affects if span.holds(version)), None)

    def met(self, version: CiliumVersion, read: Read) -> bool:
        """Whether *version* has the fault, and agents with the options that *read* gives can meet it."""
        if self.span(version) is None:
            return False
        spared = bool(self.unless) and _all(self.unless, read)
        return _all(self.when, read) and all(_text(read(name)) for name in self.given) and not spared

    def told(self, version: CiliumVersion) -> str:
        """The fault of *version* for a person; the same text for every release of a span."""
        span = self.span(version)
        fixed = f"; Cilium {span.until} fixes it" if span is not None and span.until else ""
        links = ", ".join(self.links)
        return f"{self.about}: known fault of this release: {self.symptom}{fixed}; {self.way} ({links})"


@cache
def known_faults() -> tuple[Fault, ...]:
    """Every known fault, in the order of the file.

    Raises:
        InputError: If the file is malformed.
    """
    text = (files(__package__) / DATA_FILE).read_text(encoding="utf-8")
    entries = read_document(text, DATA_FILE)
    return tuple(
        Fault.read(entry, f"{DATA_FILE}: {number}. ") for number, entry in enumerate(entries, start=1)
    )


def faults_met(version: CiliumVersion, read: Read) -> Iterator[Fault]:
    """Yield the known faults that agents of *version* can meet.

    Args:
        version: The release.
        read: Gives the value of an option; of a live cluster ``config_map["data"].get``.
    """
    return (fault for fault in known_faults() if fault.met(version, read))


def _all(wanted: dict[str, tuple[str, ...]], read: Read) -> bool:
    return all(_text(read(name)) in values for name, values in wanted.items())


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
