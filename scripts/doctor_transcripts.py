"""What the doctor says of a rehearsed cluster, healthy and broken, for docs/doctor-transcripts.md.

The rehearsal writes its end state as a dump, as its option --dump does, and the command examines it.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.helm.charts import VARIABLE as CHARTS
from rehearsal.aws.account import Account
from rehearsal.observed.examination import write_end_state
from rehearsal.rehearse import rehearse
from scripts.synthesis import assembly

ROOT: Final = Path(__file__).resolve().parents[1]
SETTINGS: Final = ROOT / "settings.yaml"
_WIDTH: Final = 110
_CONFIG: Final = "cilium-config"
_IDS: Final = re.compile(r"\b((?:eni|nat|sg|subnet|vpc|i)-)[0-9a-f]{8,17}\b|(-)(?:\w+-)?[0-9A-Z]{12}\b")
"""Ids of EC2, and what CloudFormation adds to names: each run has others."""


@dataclass(frozen=True)
class Transcripts:
    """What the command printed, each time with its exit status.

    Attributes:
        healthy: Of the cluster as it was deployed.
        broken: Of the broken one.
        as_json: Of the healthy one, as JSON.
    """

    healthy: str
    broken: str
    as_json: str


def verdicts() -> Mapping[str, tuple[str, str]]:
    """What each check says of the healthy cluster, by its id: the verdict, and what was seen."""
    found, _ = json.JSONDecoder().raw_decode(transcripts().as_json)
    return {each["id"]: (each["verdict"], each.get("detail", "")) for each in found["checks"]}


def healthy() -> str:
    """What the doctor says of the cluster as it was deployed."""
    return _block(transcripts().healthy)


def broken() -> str:
    """What it says of the broken cluster, without the checks that still hold or are skipped."""
    told, keeps = [], False
    lines = transcripts().broken.splitlines()
    for line in lines[:-1]:
        keeps = line.startswith(("  ✗", "  !", "  ?")) or (keeps and line.startswith("     "))
        told += [line] if keeps else []
    return _block("\n".join([*told, "", lines[-1]]))


def break_it(account: Account) -> None:
    """Somebody applies aws-node again, and has pods masqueraded at every interface named eth."""
    (cluster,) = account.clusters.values()
    cluster.kubernetes.install_addon("vpc-cni")
    config = cluster.kubernetes.get("ConfigMap", _CONFIG, "kube-system")
    if config is None:
        raise LookupError(f"the rehearsed cluster has no ConfigMap {_CONFIG}")
    data = {**config["data"], "egress-masquerade-interfaces": "eth+"}
    cluster.kubernetes.apply({**config, "data": data}, manager="kubectl-edit")


@cache
def transcripts() -> Transcripts:
    """The output of the doctor before and after `break_it`, of one rehearsal.

    Raises:
        RuntimeError: The rehearsal did not deploy.
    """
    found: list[tuple[str, str]] = []
    # moto's server logs every request at INFO.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="transcripts-") as folder:
        rehearse(
            assembly(SETTINGS, Path(folder, "assembly")),
            destroy=False,
            inspect=lambda account: found.extend(_examined(account, Path(folder))),
        )
    if not found:
        raise RuntimeError("the rehearsal did not deploy the cluster of settings.yaml")
    (healthy, as_json), (broken, _) = found
    return Transcripts(healthy, broken, as_json)


def _examined(account: Account, folder: Path) -> Iterator[tuple[str, str]]:
    (cluster,) = account.clusters.values()
    steps: dict[str, Callable[[Account], None]] = {"healthy": lambda _: None, "broken": break_it}
    for name, step in steps.items():
        step(account)
        write_end_state(folder / name, account, cluster)
        words = ["doctor", "--from", str(folder / name), "--settings", str(SETTINGS), "--no-aws"]
        yield _run(words), _run([*words, "--json"])


def _run(words: list[str]) -> str:
    """What a call of the command prints, with its exit status."""
    # An output without an encoding gets marks in ASCII.
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    # With packaged charts at hand the settings say more, and the transcript would be another one.
    charts = os.environ.pop(CHARTS, None)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = main(words)
    finally:
        if charts is not None:
            os.environ[CHARTS] = charts
    out.seek(0)
    # The folder of the project is another one on each machine.
    here = out.read().replace(f"{ROOT}{os.sep}", "")
    text = _IDS.sub(lambda found: f"{found[1] or found[2]}…", here)
    return f"{text.strip()}; exit status {status}"


def _block(text: str) -> str:
    """The text as a block of Markdown, with lines that fit the page."""
    lines = ["```text found"]
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        lines += textwrap.wrap(
            line,
            _WIDTH,
            subsequent_indent=" " * max(indent, 13),
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        ) or [""]
    return "\n".join([*lines, "```"])
