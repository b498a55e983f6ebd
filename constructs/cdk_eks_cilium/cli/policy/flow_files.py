"""The recorded flows of a command, and what became of the lines."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from cdk_eks_cilium.policy_analysis.flows import LineReader, Recording, input_files
from cdk_eks_cilium.policy_analysis.flows.fields import NOT_JUDGED
from cdk_eks_cilium.problems import InputError, Problem

_WINDOWS: Final = {"minute": 16, "hour": 13, "day": 10}
"""Letters of a time that tell windows apart: 2026-11-30T12:34."""

# What each source means: `LostEventSource` in Cilium's ``api/v1/flow/flow.proto``. Hubble counts a gap in its
# own buffer as one event, however many it overwrote (`getLostEvent` in ``pkg/hubble/container/ring.go``).
_LOST: Final[Mapping[str, Callable[[str], str]]] = {
    "": "{} were lost before the recording".format,
    "PERF_EVENT_RING_BUFFER": "the nodes lost {} before the agent read them".format,
    "OBSERVER_EVENTS_QUEUE": "Hubble lost {}, because its queue was full".format,
    "HUBBLE_RING_BUFFER": (
        "Hubble overwrote at least {} in its own buffer before anybody read them, and "
        "hubble.eventBufferCapacity makes that buffer larger"
    ).format,
}


def add_flows(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for recorded flows; they come before other files."""
    parser.add_argument(
        "flows",
        type=Path,
        metavar="FLOWS",
        help="what 'hubble observe -o jsonpb' printed, or Hubble's exported files: a file, also with gzip, a "
        "folder, or - for standard input",
    )
    parser.add_argument(
        "--window",
        choices=tuple(_WINDOWS),
        default="hour",
        help="what to count changes by (default: hour)",
    )


def recording(options: argparse.Namespace, headers: Collection[str] = ()) -> Recording:
    """The flows of a call, not read yet, with some headers of requests.

    Raises:
        CallError: If a folder has no recordings.
    """
    reader = LineReader(input_files(options.flows))
    return Recording(reader, window=_WINDOWS[options.window], headers=headers)


def need_flows(found: Recording) -> None:
    """Refuse input without a line of Hubble.

    Raises:
        InputError: If no line was one.
    """
    reader = found.reader
    if reader.lines > reader.bad:
        return
    where = ", ".join("standard input" if str(file) == "-" else str(file) for file in reader.files)
    fix = "record with: hubble observe -o jsonpb"
    if reader.named:
        fix = f"{reader.named[0]}; {fix}; split arrays with: jq -c '.[]'"
    raise InputError([Problem(where, "must contain flows, one JSON object a line", fix=fix, id="CEK7092")])


def notes(found: Recording) -> Iterator[str]:
    """What people must know of the recording, beside the answer."""
    reader = found.reader
    if found.interrupted:
        yield f"interrupted: the answer is for what came before line {reader.lines:,}"
    yield from reader.cut
    if reader.bad:
        yield f"lines that are not flows: {reader.bad:,} of {reader.lines:,}"
        yield from (f"  {each}" for each in reader.named)
    for source, number in sorted(found.lost.items()):
        if number:
            events = f"{number:,} event{'s' if number != 1 else ''}"
            yield f"{_LOST.get(source, _LOST[''])(events)}: flows are missing"
    if found.silent:
        yield f"the relay could not reach {', '.join(sorted(found.silent))}: flows are missing"
    for name in sorted(found.unjudged):
        yield f"not judged: field {name} ({NOT_JUDGED.get(name, 'unknown to this version')})"
