"""The engine: what a check is, what it may look at, and what comes of it. Standard library alone.

A check declares its readings and yields what it found:

    @check("aws-node-runs", "aws-node runs on no node", reads=(DAEMON_SETS, NODES), symptom="...")
    def aws_node_runs(seen: Seen) -> Iterator[Outcome]:
        ...
        yield Finding(Severity.ERROR, "aws-node runs on 2 of 3 nodes", evidence, fix)
"""
