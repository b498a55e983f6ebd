"""``policy explain``: whether a flow may pass, and which rules decide."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final, get_args

from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, NOT_KNOWN, Answer, UsageError
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.evaluation import (
    Endpoint,
    Evaluation,
    Explanation,
    Flow,
    HttpRequest,
    Ruling,
)
from cdk_eks_cilium.policy_analysis.services import (
    MakeFlow,
    ServiceExplanation,
    Way,
    explain_service,
    with_remarks,
)
from cdk_eks_cilium.problems import InputError, Problem

from . import files, sides

_CODES: Final[dict[str, int]] = {"allowed": GOOD, "denied": FINDINGS, "unknown": NOT_KNOWN}


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
    parser.add_argument(
        "--via",
        choices=get_args(Way),
        help="how the client comes to a Service (default: by the Service's own address in the cluster, and "
        "by the Service's type from outside)",
    )
    files.add_service_proxy(parser)
    parser.add_argument("--server-name", metavar="NAME", help="the name that the TLS client asks for")
    add_json(parser)
    files.add_files(parser)


def run(options: argparse.Namespace) -> Answer:
    """Explain whether a flow may pass by the policies in the files. Ends with 1 if it may not.

    Ends with 4 where that depends on something that no file describes.

    The answer goes direction by direction, with the rules that decide it and what would have to change.
    """
    given = files.read(options)
    evaluation = files.evaluation_of(options, given)
    target = sides.destination(options.destination, given.inventory)
    beginner = _beginner(options, given)
    request = _request(options)

    def flow(source: Endpoint, destination: Endpoint, port: int) -> Flow:
        name = options.server_name
        return Flow(source, destination, port, _protocol_of(target), http=request, server_name=name)

    if isinstance(target, sides.ServiceDestination):
        return given.told(_to_service(options, given, evaluation, beginner, target, flow))
    if options.via is not None:
        raise UsageError("--via goes with a Service in --to")
    found = with_remarks(evaluation.explain(flow(beginner, target.endpoint, target.port)), evaluation)
    return given.told(Answer(found.as_json(), _lines(found), _CODES[found.verdict]))


def _protocol_of(target: sides.Destination | sides.ServiceDestination) -> str:
    return target.port.protocol if isinstance(target, sides.ServiceDestination) else target.protocol


def _to_service(
    options: argparse.Namespace,
    given: files.Given,
    evaluation: Evaluation,
    beginner: Endpoint,
    target: sides.ServiceDestination,
    flow: MakeFlow,
) -> Answer:
    found = explain_service(
        evaluation, beginner, target.service, target.port, flow, way=options.via, proxy=given.service_proxy
    )
    return Answer(found.as_json(), _service_lines(found), _CODES.get(found.verdict, FINDINGS))


def _service_lines(found: ServiceExplanation) -> Iterator[str]:
    yield f"{found.word}: {found}"
    yield from (f"  {remark}" for remark in found.remarks)
    for case in found.cases:
        yield ""
        if case.when:
            yield f"where {case.when}:"
        told = [_lines(each) for each in case.explanations]
        apart = (line for lines in told for line in (*lines, ""))
        yield from [f"  {line}" if line else "" for line in apart][:-1]


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
