"""Our Lambda functions, beside CDK's."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench import removal, sweep
from bench.function_cost import REGION, FunctionCost, take_turns
from rehearsal.aws import Cloud, Environment


def costs(runs: int, few: int = sweep.FEW, many: int = sweep.MANY) -> dict[str, FunctionCost]:
    """Let all functions take turns.

    Args:
        runs: Turns of each function.
        few: Interfaces of the smaller sweep.
        many: Interfaces of the larger sweep.

    Raises:
        BenchmarkError: If a function fails.
    """
    cloud = Cloud(Environment("123456789012", REGION))
    cloud.start()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as folder,
            removal.cluster(cloud) as kubernetes,
            sweep.quick_tags(),
        ):
            contestants = [*removal.functions(kubernetes, Path(folder)), *sweep.functions(cloud, few, many)]
            return take_turns(contestants, runs, cloud.url)
    finally:
        cloud.stop()
