"""``settings import``: a settings file for the Helm values that a cluster was installed with."""

# ruff: noqa: N999 - a command is the module with its name.
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, Answer, Target
from cdk_eks_cilium.cli.chart import add_online
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.cli.imported import Comparison, compare
from cdk_eks_cilium.cli.output import reason
from cdk_eks_cilium.problems import MISSING, CallError, InputError, Problem, refuse
from cdk_eks_cilium.problems.strict_yaml import read_document
from cdk_eks_cilium.settings import ImportedSettings, import_settings
from cdk_eks_cilium.values.importing import ConfigDifference, read_source
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

STDIN: Final = "-"
_TITLES: Final = {
    "impossible": "Not as it was: the cluster will not have it, or has it in another way",
    "unread": "Dropped: Cilium {version} does not read it",
    "renamed": "Old spellings, as read",
    "same": "Dropped: it is so anyway",
    "deployment": "Dropped: the deployment fills it in",
    "typed": "Typed",
    "override": "Overrides",
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "values",
        metavar="VALUES",
        help="the values file, or what 'helm get values' printed, as YAML or JSON (-: from standard input)",
    )
    parser.add_argument("--cilium", required=True, metavar="X.Y.Z", help="the release of Cilium to install")
    parser.add_argument(
        "--cni-config",
        metavar="FILE",
        help="the CNI configuration, or its ConfigMap, that agents below "
        f"{behaviour.chart.NODE_SPEC.since} read",
    )
    parser.add_argument("--name", help="name of the cluster (default: cluster.name of the values)")
    parser.add_argument("--region", help="region to deploy to, whose first three zones are named")
    parser.add_argument("--account", help="account to deploy to, twelve digits")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the settings file to write (default: standard output)"
    )
    parser.add_argument("--force", action="store_true", help="replace the file of --output")
    add_online(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """Write a settings file for the Helm values of a cluster that exists.

    What has a typed value becomes one, other chart values become overrides, and the report tells what was
    dropped and why. The exit status is 1 if the settings cannot say everything that the values do.
    """
    file: Path | None = options.output
    if file is not None and file.is_file() and not options.force:
        refuse(
            [
                Problem(
                    "--output", "must be a new file", str(file), "name another, or add --force", id="CEK7240"
                )
            ]
        )
    version = CiliumVersion.of(options.cilium, where="--cilium")
    source = read_source(_read(options.values), _called(options.values), version)
    given = {name: value for name in ("name", "region", "account") if (value := getattr(options, name))}
    found = import_settings(source, version, given, cni_config=_config(options.cni_config))
    compared = compare(source, found, online=options.online)
    lost = any(each.kind == "impossible" for each in found.findings)
    return Answer(
        _as_data(found, compared),
        [found.text],
        FINDINGS if lost else GOOD,
        [] if options.json else _report(found, compared, source.within, file),
        None if file is None else Target("--output", file),
    )


def _called(name: str) -> str:
    return "standard input" if name == STDIN else name


def _read(name: str) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        rule = f"must be a readable file ({reason(error)})"
        raise CallError([Problem("VALUES", rule, name, id="CEK7241")]) from None


def _config(name: str | None) -> Mapping[str, Any] | None:
    if name is None:
        return None
    read: Any = read_document(_read(name), name)
    if isinstance(read, Mapping):
        return read
    rule, fix = "must be a CNI configuration or its ConfigMap", "print it with kubectl get -o yaml"
    raise InputError([Problem("--cni-config", rule, name, fix, id="CEK7242")])


def _as_data(found: ImportedSettings, compared: Comparison) -> dict[str, Any]:
    """The import as plain data. An absent value has no key."""
    return {
        "settings": found.data,
        "findings": [finding.as_json() for finding in found.findings],
        "compared": compared.by,
        "differences": [_plain(each) for each in compared.differences],
        "notes": list(compared.notes),
    }


def _plain(difference: ConfigDifference) -> dict[str, Any]:
    states = {"before": difference.before, "after": difference.after}
    return {
        "key": difference.key,
        **{name: value for name, value in states.items() if value is not MISSING},
    }


def _report(found: ImportedSettings, compared: Comparison, within: str, file: Path | None) -> Iterator[str]:
    if within:
        yield f"read the values below {within}"
    for kind, title in _TITLES.items():
        listed = [each for each in found.findings if each.kind == kind]
        if listed:
            yield f"{title.format(version=found.values.version)} ({len(listed)})"
            yield from (f"  {each}" for each in listed)
    yield from compared.notes
    if compared.differences:
        yield f"What differs, by {compared.by} ({len(compared.differences)})"
        yield from (
            f"  {each.key}: {_text(each.before)} -> {_text(each.after)}" for each in compared.differences
        )
    if file is not None:
        yield f"wrote {file}"
        yield f"check it after a change: cdk-eks-cilium settings check {file}"


def _text(value: Any) -> str:
    return "-" if value is MISSING else json.dumps(value)
