"""Answers for all pairs of many pods at once, in a process of its own, and prints the cost.

Arguments: the number of pods, and of policies. Each pod has labels of its own, so that none stand for others,
and each policy lets one app talk to a few. The output has the seconds of the policies' evaluation, and the
largest resident memory of the process, with pods and policies, in MiB.
"""

from __future__ import annotations

import json
import sys
import time

from bench.function_probe import own_peak_kib
from bench.policies import policies
from cdk_eks_cilium.policy_analysis.evaluation import Evaluation, Matrix
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload


def main() -> None:
    """Run and print."""
    pods, count = (int(each) for each in sys.argv[1:])
    about = Inventory(
        tuple(
            Workload(f"team-{number % 20}", f"pod-{number}", {"app": f"app-{number}"})
            for number in range(pods)
        )
    )
    given = policies(count, apps=pods)
    start = time.process_time()
    groups = sum(1 for _ in Matrix(Evaluation(given, about)).groups())
    cost = {
        "seconds": time.process_time() - start,
        "mib": own_peak_kib() / 1024,
        "groups": groups,
    }
    json.dump(cost, sys.stdout)


if __name__ == "__main__":
    main()
