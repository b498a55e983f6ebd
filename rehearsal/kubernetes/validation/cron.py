"""Schedules of CronJobs, in the words of the parser that Kubernetes uses.

https://github.com/robfig/cron/blob/v3/parser.go; https://en.wikipedia.org/wiki/Cron for the five fields.
"""

# belief: K8S-cron

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_DURATION = r"([0-9]*\.?[0-9]+(ns|us|µs|ms|s|m|h))+"


def problem(schedule: str) -> str | None:
    """What is wrong with a schedule, or None."""
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        schedule = schedule.partition(" ")[2].strip()
    if schedule.startswith("@"):
        return _descriptor(schedule)
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        return f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
    for text, (low, high, names) in zip(fields, _FIELDS, strict=True):
        for part in filter(None, text.split(",")):
            if found := _range(part, low, high, names):
                return found
    return None


def _descriptor(schedule: str) -> str | None:
    if schedule in _DESCRIPTORS:
        return None
    if schedule.startswith("@every "):
        duration = schedule.removeprefix("@every ")
        if re.fullmatch(_DURATION, duration):
            return None
        return f'failed to parse duration {schedule}: time: invalid duration "{duration}"'
    return f"unrecognized descriptor: {schedule}"


def _range(text: str, low: int, high: int, names: dict[str, int]) -> str | None:
    bounds, *steps = text.split("/")
    if len(steps) > 1:
        return f"too many slashes: {text}"
    first, *last = bounds.split("-")
    start, end = low, high
    if first not in ("*", "?"):
        if len(last) > 1:
            return f"too many hyphens: {text}"
        parsed: list[int] = []
        for word in (first, *last):
            value = _number(word, names)
            if isinstance(value, str):
                return value
            parsed.append(value)
        start, end = parsed[0], parsed[-1]
        if steps and not last:
            end = high
    step = 1
    if steps:
        value = _number(steps[0], {})
        if isinstance(value, str):
            return value
        step = value
    return _outside(start, end, low, high, step, text)


def _number(word: str, names: dict[str, int]) -> int | str:
    if word.lower() in names:
        return names[word.lower()]
    if not re.fullmatch("[+-]?[0-9]+", word):
        return f'failed to parse int from {word}: strconv.Atoi: parsing "{word}": invalid syntax'
    return int(word) if int(word) >= 0 else f"negative number ({int(word)}) not allowed: {word}"


def _outside(start: int, end: int, low: int, high: int, step: int, text: str) -> str | None:
    if start < low:
        return f"beginning of range ({start}) below minimum ({low}): {text}"
    if end > high:
        return f"end of range ({end}) above maximum ({high}): {text}"
    if start > end:
        return f"beginning of range ({start}) beyond end of range ({end}): {text}"
    return f"step of range should be a positive number: {text}" if step == 0 else None
