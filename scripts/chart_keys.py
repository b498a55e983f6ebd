"""Write the catalogue of the keys that Cilium's charts take.

    CILIUM_CHARTS=FOLDER python -m scripts.chart_keys
    CILIUM_CHARTS=FOLDER python -m scripts.chart_keys --check
    CILIUM_REFERENCE=FOLDER python -m scripts.chart_keys --check

The first form reads every stable chart in the folder, packaged as ``cilium-VERSION.tgz``, and rewrites
the data file; what it holds of releases that are not in the folder stays. The second says whether that
would change anything. The third holds the file against ``charts/VERSION/values.yaml`` and its schema,
which show neither what templates read nor which mappings are free.

Of a pre-release in the folder, such as ``cilium-1.21.0-pre.0.tgz``, the first form says what it changes since
the newest release, and writes nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from cdk_eks_cilium.versions.chart_catalogue import charts_of
from scripts.chart_values import Chart, packaged, reference, states

DATA: Final = Path(__file__).resolve().parents[1] / "constructs/cdk_eks_cilium/versions/chart_keys.tsv"
GONE = "-"
Release = tuple[int, ...]
#: For each release, the state of each of its keys.
States = dict[Release, dict[str, str]]

_NUMBER = re.compile(r"1\.\d+\.\d+")
_PRE_RELEASE = re.compile(r"(1\.\d+\.\d+)-(pre|rc)\.\d+")
_HEAD = """\
# Every key of Cilium's charts and the states it went through: see chart_catalogue.py.
# Written by scripts/chart_keys.py from these charts, by minor the patches:
"""


def release(number: str) -> Release:
    """The parts of a version number, to sort by."""
    return tuple(int(part) for part in number.split("."))


def number(of: Release) -> str:
    """A release as it is written."""
    return ".".join(str(part) for part in of)


def derived(folder: Path, of: Callable[[Chart], dict[str, str]] = states) -> States:
    """What *of* makes of every stable packaged chart in *folder*: by default the states of its keys."""
    return {
        release(version): of(packaged(archive))
        for version, archive in _archives(folder)
        if _NUMBER.fullmatch(version)
    }


def _archives(folder: Path) -> Iterator[tuple[str, Path]]:
    for archive in sorted(folder.glob("cilium-*.tgz")):
        yield archive.stem.removeprefix("cilium-"), archive


def previews(folder: Path, held: States) -> Iterator[str]:
    """What packaged pre-releases in *folder* that are newer than every release held would change."""
    newest = max(held)
    for version, archive in _archives(folder):
        match = _PRE_RELEASE.fullmatch(version)
        if match and release(match[1]) > newest:
            keys = states(packaged(archive))
            yield f"{version}: a pre-release, not recorded, {len(keys)} keys; since {number(newest)}:"
            yield from changes(held[newest], keys)


def recorded(text: str) -> States:
    """The states that the data file's *text* holds, for every release it was written from."""
    found: States = {
        (*release(minor), patch): {} for minor, patches in charts_of(text).items() for patch in patches
    }
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        path, *columns = line.split("\t")
        starts = [(release(start), state) for start, state in (each.split(" ", 1) for each in columns)]
        for each, keys in found.items():
            past = [state for start, state in starts if start <= each]
            if past and past[-1] != GONE:
                keys[path] = past[-1]
    return found


def rendered(found: States, head: str = _HEAD) -> str:
    """The data file's text for *found*: one line a key, with the releases where its state changes."""
    releases = sorted(found)
    minors = groupby(releases, key=lambda of: of[:2])
    lines = [f"# {number(minor)}: {_ranges([of[2] for of in each])}" for minor, each in minors]
    for path in sorted({path for keys in found.values() for path in keys}):
        columns, last = [path], GONE
        for each in releases:
            state = found[each].get(path, GONE)
            if state != last:
                columns.append(f"{number(each)} {state}")
            last = state
        lines.append("\t".join(columns))
    return head + "\n".join(lines) + "\n"


def _ranges(patches: list[int]) -> str:
    """Numbers in order, as ``0-13 15-19``."""
    parts = []
    for _, run in groupby(enumerate(patches), key=lambda pair: pair[1] - pair[0]):
        numbers = [patch for _, patch in run]
        parts.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    return " ".join(parts)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """One line for each key whose state changed."""
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old is None:
            yield f"  + {path}: {new}"
        elif new is None:
            yield f"  - {path}: was {old}"
        elif old != new:
            yield f"  ~ {path}: {old} -> {new}"


def report(old: States, new: States) -> Iterator[str]:
    """What the new file says that the old did not: per new minor its keys, else its releases."""
    for each in sorted(new):
        if each in old:
            if old[each] != new[each]:
                yield f"{number(each)}: read differently than before"
                yield from changes(old[each], new[each])
            continue
        base = max((other for other in new if other < each), default=None)
        yield f"{number(each)}: new, {len(new[each])} keys" + (f"; since {number(base)}:" if base else "")
        if base and old:
            yield from changes(new[base], new[each])


def reference_faults(folder: Path, held: States) -> Iterator[str]:
    """Where *held* disagrees with the values files and schemas below *folder*."""
    for values in sorted((folder / "charts").glob("*/values.yaml")):
        chart = reference(values.parent)
        keys = held.get(release(chart.number))
        if keys is None:
            yield f"{chart.number}: not in the data file"
            continue
        for path, state in states(chart).items():
            if path not in keys:
                yield f"{chart.number}: {path} is missing"
            elif _comparable(keys[path]) != _comparable(state) and not state.startswith("any"):
                yield f"{chart.number}: {path} is {keys[path]!r}, its values file says {state!r}"


def _comparable(state: str) -> str:
    """A state without what only the templates tell."""
    types, _, default = state.partition(" ")
    return f"{types.rstrip('!').replace('*', '')} {default}"


def main(arguments: list[str]) -> int:
    """Write the data file, or check it, and say what changes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    parser.add_argument("--output", type=Path, default=DATA, help="the data file (default: the library's)")
    chosen = parser.parse_args(arguments)
    charts, values = os.environ.get("CILIUM_CHARTS"), os.environ.get("CILIUM_REFERENCE")
    if not charts and not (values and chosen.check):
        parser.error(
            "CILIUM_CHARTS must name a folder with cilium-VERSION.tgz, or CILIUM_REFERENCE for --check"
        )
    text = chosen.output.read_text(encoding="utf-8") if chosen.output.exists() else ""
    old = recorded(text)
    if not charts:
        faults = list(reference_faults(Path(values or ""), old))
        print("\n".join(faults) or f"{chosen.output.name} agrees with {values}")
        return 1 if faults else 0
    new = old | derived(Path(charts))
    fresh = rendered(new)
    print("\n".join(report(old, new)) or "no release is new or read differently")
    print("".join(f"{line}\n" for line in previews(Path(charts), new)), end="")
    if not chosen.check:
        chosen.output.write_text(fresh, encoding="utf-8")
    newest = max(new)
    print(f"{chosen.output.name}: {len(new)} charts, {len(new[newest])} keys in {number(newest)}")
    return 1 if chosen.check and fresh != text else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
