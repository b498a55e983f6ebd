"""What tests must not leave behind: processes, temporary files, and files in the checkout."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_JSII = "jsii-runtime.js"
# The session's warm servers, and what would clean up after them: `servers_kept_warm` sees to their end.
_WARM = ("rehearsal/functions/warm_server.py", "rehearsal/guardian.py")
_CACHES = {"node_modules", "__pycache__", ".git", ".venv", ".hypothesis"} | {
    f".{tool}_cache" for tool in ("pytest", "mypy", "ruff", "import_linter")
}
# CDK leaves its assembly to whoever reads it; the functions' code stays until the process ends.
# jsii makes its folder some time after its start, maybe in the next module's time.
_KEPT = ("cdk.out", "cdk-eks-cilium-", "cilium-chart-", "jsii-kernel-")

Files = frozenset[str]
"""Paths of files and folders."""


def processes() -> dict[str, str]:
    """Commands, by id, of the processes that this one started and that have not been waited for."""
    found = Path("/proc/self/task").glob("*/children")
    return {each: _command(each) for tasks in found for each in tasks.read_text().split()}


def files(root: Path, temporary: Path) -> Files:
    """What is in the checkout, apart from caches of tools, and what is in the folder for temporary files."""
    return frozenset((*_walk(str(root)), *(f"{temporary}/{name}" for name in os.listdir(temporary))))


def without_kept(commands: dict[str, str], paths: Files, *, at_the_end: bool = False) -> list[str]:
    """What of it must not be there when the tests of a module are over, or all tests *at the end*.

    jsii's process and its folder stay until Python ends, and so do a few folders in use until then. Warm
    servers stay until the end of the tests.
    """
    if not at_the_end:
        commands = {
            each: command for each, command in commands.items() if not any(one in command for one in _WARM)
        }
    jsii = [command for command in commands.values() if _JSII in command]
    kept = {
        path
        for path in paths
        if os.path.basename(path).startswith(_KEPT) or any(f"{path}/" in one for one in jsii)
    }
    return sorted([*(set(commands.values()) - set(jsii)), *(paths - kept)])


def _command(process: str) -> str:
    try:
        text = Path("/proc", process, "cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        text = ""
    return text.replace("\0", " ").strip() or f"process {process}, without a command: it may have ended"


# The checkout is walked for each module of tests: thousands of Path objects would take most of the time.
def _walk(folder: str) -> Iterator[str]:
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _CACHES]
        yield from (f"{at}/{name}" for name in folders)
        yield from (f"{at}/{name}" for name in names)
