"""Time everything and report."""

from __future__ import annotations

import argparse
import json
import logging
import sys

from rich.console import Console

from bench import __doc__ as about
from bench import (
    doctor,
    flows,
    functions,
    machine,
    netpol_analyzer,
    policies,
    policy_scale,
    rendering,
    suites,
    where,
)
from bench.contest import BenchmarkError, Contestant, Result, contest
from bench.report import Report


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 1 if a contestant fails."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=about)
    parser.add_argument("--runs", type=int, default=5, help="timed turns of each contestant (default 5)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    if options.runs < 1:
        parser.error("--runs must be 1 or more")
    # moto's server logs every request at INFO.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    progress = Console(stderr=True)

    def timed(contestants: list[Contestant]) -> dict[str, Result]:
        with progress.status("") as status:
            return contest(
                contestants,
                options.runs,
                on_run=lambda contestant, seconds: status.update(f"{contestant.name}: {seconds:.2f} s"),
            )

    try:
        report = Report(
            machine=machine.description(),
            synths={
                "with CDK's validation": timed(suites.synth(validation=True)),
                "without CDK's validation": timed(suites.synth(validation=False)),
            },
            imports=timed(suites.imports()),
            rendering=rendering.measure(),
            policies=policies.measure(options.runs),
            flows=flows.measure(options.runs),
            policy_scale=policy_scale.measure(),
            peer=netpol_analyzer.measure(),
            functions=functions.costs(options.runs),
            rehearsal=where.measure(),
            doctor=doctor.measure(),
        )
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        report.print(Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
