"""The data of the comparison: scenarios, recordings, and the list of what differs."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rehearsal.kubernetes.differential.compare import UNSORTED
from tests.rehearsal.kubernetes.differential.masks import masked
from tests.rehearsal.kubernetes.differential.recordings import (
    Known,
    known,
    read,
    write_known,
)
from tests.rehearsal.kubernetes.differential.scenario import all_scenarios, load

_FILES = ("access", "lifecycle", "objects", "refusals", "releases")
_LEAST_STEPS = 300


def test_a_few_hundred_commands_are_compared() -> None:
    assert sum(len(each.steps) for each in all_scenarios()) >= _LEAST_STEPS


def test_every_scenario_is_played_by_one_file_of_tests() -> None:
    package = __name__.rpartition(".")[0]
    played = [name for file in _FILES for name in importlib.import_module(f"{package}.test_{file}").SCENARIOS]
    assert sorted(played) == [each.name for each in all_scenarios()]


@pytest.mark.parametrize("scenario", all_scenarios(), ids=lambda scenario: scenario.name)
def test_every_step_is_recorded(scenario: object) -> None:
    assert isinstance(scenario, type(all_scenarios()[0]))
    assert list(read(scenario.name).answers) == [step.name for step in scenario.steps]


def test_all_recordings_are_of_one_server() -> None:
    assert len({read(each.name).server for each in all_scenarios()}) == 1


def test_every_known_difference_has_a_reason_and_a_step_that_exists() -> None:
    there = {f"{each.name}/{step.name}" for each in all_scenarios() for step in each.steps}
    listed = Counter(step for entry in known() for step in entry.steps)
    assert set(listed) <= there
    assert [step for step, times in listed.items() if times > 1] == []
    assert UNSORTED not in [entry.reason for entry in known()]


def test_a_reason_without_steps_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    write_known([Known("one", ("b/b", "a/a")), Known("two", ())], path)
    assert known(path) == [Known("one", ("a/a", "b/b"))]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("about: x\nsteps: {a: rm -r /}", "must begin with kubectl, helm3, helm4, got 'rm'"),
        ("about: x\nsteps: {a: kubectl x, a: kubectl y}", "'a' is there twice"),
        ("about: x", "must have about and steps"),
        ("about: x\nsteps: {a: {run: kubectl x, who: me}}", "mapping with run and as, input, run, until"),
        ("about: [", "must be YAML"),
    ],
)
def test_what_is_not_a_scenario_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match="wrong") as refused:
        load(path)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("NAME   AGE\nweb    12s", "NAME  AGE\nweb  TIME"),
        ("pod/web-6d4b75cb6d-hwxvz", "pod/web-HASH"),
        ("configmap/run-x7kgd created", "configmap/run-RANDOM created"),
        ("  resourceVersion: 731", "  resourceVersion: MASKED"),
        ("at 10.0.0.12:443 since 2026-11-29T22:15:01Z", "at ADDRESS since TIME"),
        ('{"metadata": {"uid": "a-b", "name": "x"}}', "metadata:\n  name: x\n  uid: MASKED"),
        ("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "TOKEN"),
    ],
)
def test_what_differs_from_run_to_run_is_masked(output: str, expected: str) -> None:
    assert masked(output) == expected


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
def test_words_without_digits_are_kept(text: str) -> None:
    words = " ".join("".join(c for c in text if c.isalpha() and c in "aeiou ").split())
    assert masked(words) == words
