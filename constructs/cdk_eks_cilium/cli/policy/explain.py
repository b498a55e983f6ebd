"""``policy explain``: whether a flow may pass, and which rules decide."""

from __future__ import annotations

import argparse

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, Answer, UsageError
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Explanation, Flow, HttpRequest, Ruling
from cdk_eks_cilium.problems import InputError, Problem

from . import files, sides


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--from", dest="source", required=True, metavar="SIDE", help=sides.SOURCE)
    parser.add_argument("--to", dest="destination", required=True, metavar="SIDE", help=sides.DESTINATION)
    parser.add_argument(
        "--http", metavar="'METHOD PATH'", help="an HTTP request to judge, such as 'GET /api'"
    )
    parser.add_argument("--host", default="", metavar="NAME", help="the host that the request is for")
    parser.add_argument(
        "--header", action="append", default=[], metavar="'NAME: VALUE'", help="a header of the request"
    )
    parser.add_argument("--server-name", metavar="NAME", help="the name that the TLS client asks for")
    add_json(parser)
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Explain whether a flow may pass by the policies in the files. Ends with 1 if it may not.

    The answer goes direction by direction, with the rules that decide it and what would have to change.
    """
    given = files.read(options)
    evaluation = files.evaluation_of(options, given)
    target = sides.destination(options.destination, given.inventory)
    flow = Flow(
        _beginner(options, given),
        target.endpoint,
        target.port,
        target.protocol,
        http=_request(options),
        server_name=options.server_name,
    )
    found = evaluation.explain(flow)
    return Answer(found.as_json(), _lines(found), GOOD if found.allowed else FINDINGS, list(given.notes))


def _beginner(options: argparse.Namespace, given: files.Given) -> Endpoint:
    side = sides.source(options.source, given.inventory)
    if side.kind == "fqdn":
        # Rules about names are for destinations. Cilium knows a source by its address.
        rule, fix = "must be a side that can begin a connection", "name its address, as cidr:ADDRESS"
        raise InputError([Problem("--from", rule, options.source, fix, id="CEK7013")])
    return side


def _request(options: argparse.Namespace) -> HttpRequest | None:
    if options.http is None:
        if options.host or options.header:
            raise UsageError("--host and --header go with --http")
        return None
    method, space, path = options.http.partition(" ")
    if not space or not path.startswith("/"):
        raise InputError(
            [Problem("--http", "must be a method and a path", options.http, "write 'GET /api'", id="CEK7014")]
        )
    headers = []
    for text in options.header:
        name, colon, value = text.partition(":")
        if not colon:
            raise InputError([Problem("--header", "must be 'NAME: VALUE'", text, id="CEK7015")])
        headers.append((name.strip(), value.strip()))
    return HttpRequest(method, path, options.host, tuple(headers))


def _lines(found: Explanation) -> list[str]:
    limits = f", only for {' and '.join(found.limits)}" if found.allowed and found.limits else ""
    lines = [f"{found.word}: {found.flow}{limits}"]
    for verdict in found.verdicts:
        lines += ["", *_verdict(verdict, found)]
    if not found.verdicts:
        lines += ["", "neither side is a pod of the cluster, so policies for pods do not apply"]
    return lines


def _verdict(verdict: Ruling, found: Explanation) -> list[str]:
    side = found.flow.source if verdict.direction == "egress" else found.flow.destination
    lines = [
        f"{verdict.direction} of {side}: {verdict.word}",
        f"  because {verdict.reason}",
    ]
    lines += [f"  by {place}" for place in verdict.deciding]
    if verdict.change:
        lines.append(f"  to change it: {verdict.change}")
    lines += [f"  not known: {text}" if " may " in text else f"  {text}" for text in verdict.remarks]
    return lines
