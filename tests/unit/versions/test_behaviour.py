"""The table of behaviours: its bounds, its sources, and that nothing else in the library holds numbers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import cdk_eks_cilium
from cdk_eks_cilium.versions import Catalogue, CiliumVersion, behaviour, known_versions, minors
from cdk_eks_cilium.versions.behaviour import Behaviour

TABLE = dict(behaviour.table())
LIBRARY = Path(cdk_eks_cilium.__file__).parent
#: The one place for numbers of releases.
EXEMPT = ("versions/",)

every_behaviour = pytest.mark.parametrize("name", TABLE)


def exact(bound: str) -> CiliumVersion:
    """A bound as a release: the first patch of a minor. It exists, or `InputError` says that it does not."""
    return CiliumVersion.of(bound if bound.count(".") == 2 else f"{bound}.0")


@pytest.mark.parametrize("name", [name for name, known in TABLE.items() if not known.backports])
def test_a_behaviour_begins_and_ends_with_releases_that_exist(name: str) -> None:
    known = TABLE[name]
    bounds = [exact(bound) for bound in (known.since, known.until) if bound is not None]
    releases = sorted({*known_versions(), *bounds})
    changes = [new for old, new in pairwise(releases) if known.holds(old) is not known.holds(new)]

    assert changes == [each for each in bounds if each != releases[0]]


@every_behaviour
def test_a_behaviour_is_a_sentence_with_a_source(name: str) -> None:
    assert re.fullmatch(r"[A-Z'].*[^.]\.", TABLE[name].does)
    assert re.fullmatch(r".*[^.]", TABLE[name].source)


@pytest.mark.parametrize(
    ("name", "key", "gone"),
    [
        (name, known.source.partition(": ")[2], known.source.startswith("chart gone"))
        for name, known in TABLE.items()
        if known.source.startswith("chart")
    ],
)
def test_a_bound_from_a_key_is_the_one_in_the_catalogue(name: str, key: str, gone: bool) -> None:
    newest = Catalogue.of(minors()[-1])

    assert TABLE[name].since == (newest.removed_in(key) if gone else newest.first_in(key))


@pytest.mark.parametrize(
    ("known", "without", "having"),
    [
        (
            behaviour.policy.REQUESTS_PASS_UNISOLATED,
            ["1.15.19", "1.16.9", "1.17.0", "1.17.4"],
            ["1.16.10", "1.16.19", "1.17.5", "1.17.18", "1.18.0"],
        ),
        (
            behaviour.policy.RANGES_DENIED,
            ["1.12.1", "1.12.10", "1.13.0", "1.13.2"],
            ["1.12.11", "1.12.19", "1.13.3", "1.13.18", "1.14.0"],
        ),
    ],
)
def test_patches_of_older_minors_may_have_a_behaviour(
    known: Behaviour, without: list[str], having: list[str]
) -> None:
    assert [number for number in [*without, *having] if known.holds(CiliumVersion.of(number))] == having


def test_without_a_release_the_newest_is_meant() -> None:
    assert Behaviour("It came.", "a test", since=minors()[-1]).holds(None)
    assert not Behaviour("It went.", "a test", until=minors()[1]).holds(None)


def sources(*exempt: str) -> Iterator[tuple[str, ast.Module]]:
    """The files of the library outside *exempt*, by their path in it."""
    for file in sorted(LIBRARY.rglob("*.py")):
        path = file.relative_to(LIBRARY).as_posix()
        if not path.startswith(exempt):
            yield path, ast.parse(file.read_text(encoding="utf-8"))


def test_every_behaviour_is_asked_for() -> None:
    asked = {
        f"{theme.attr if isinstance(theme, ast.Attribute) else theme.id}.{node.attr}"
        for _, tree in sources("versions/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(theme := node.value, ast.Attribute | ast.Name)
    }

    assert set(TABLE) - asked == set()


_NUMBER = re.compile(rf"(?<![\w./-])v?({'|'.join(map(re.escape, minors()))})(\.\d+)?(?![\w]|\.\d)")
_ADDRESS = re.compile(r"https?://\S+")
_COMPARED = {"minor", "number", "release"}


def prose(tree: ast.Module) -> set[int]:
    """The docstrings of a file: of the module, its classes and functions, and of assignments."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def numbers_in(tree: ast.Module) -> Iterator[str]:
    """Where a file compares releases of Cilium, or writes the number of one."""
    skipped = prose(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "at_least":
            yield f"{node.lineno}: asks at_least"
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Attribute) and side.attr in _COMPARED for side in sides) and any(
                isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides
            ):
                yield f"{node.lineno}: compares a number"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            found = _NUMBER.search(_ADDRESS.sub("", node.value))
            if found:
                yield f"{node.lineno}: writes {found[0]}"


def test_the_library_compares_no_releases_outside_versions() -> None:
    found = [f"{path}:{each}" for path, tree in sources(*EXEMPT) for each in numbers_in(tree)]

    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'version.at_least("1.9")',
        "list(filter(bound.at_least, versions))",
        'version.minor == "x"',
        '"1.18.0" == version.number',
        'FIRST = {"a": "1.19"}',
        'f"needs Cilium 1.16, not {version}"',
    ],
)
def test_each_way_to_compare_releases_is_found(code: str) -> None:
    assert list(numbers_in(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        '"""Since 1.16."""',
        'source = "https://docs.cilium.io/en/v1.14/operations/"',
        'kubernetes = "1.35"',
        "behaviour.chart.SCHEMA.holds(version)",
        "fields.minor == other.minor",
    ],
)
def test_what_compares_no_releases_passes(code: str) -> None:
    assert list(numbers_in(ast.parse(code))) == []
