from __future__ import annotations

from dataclasses import replace

from rehearsal.reachability.questions import answers
from rehearsal.reachability.table import lines, needs_in_short
from tests.rehearsal.reachability.networks import cluster, network, table


def test_the_short_table_has_what_is_needed_and_what_is_cut() -> None:
    found = list(lines(answers(cluster(network()))))
    assert {line.mark for line in found} == {"ok", "cut"}
    assert "nodes to the internet, TCP 443: seen as public addresses of NAT gateways (NAT a, NAT b)" in [
        line.text for line in found
    ]
    assert not any(line.text.startswith("the control plane to pods") for line in found)
    assert any(line.mark == "cut" and line.text.startswith("the internet to pods") for line in found)


def test_a_need_that_is_cut_is_bad() -> None:
    of = network()
    cut = replace(of, tables={**of.tables, "node-b": table("node-b")})
    bad = [line.text for line in lines(answers(cluster(cut))) if line.mark == "BAD"]
    assert (
        "nodes to the internet, TCP 443: nodes in b: table node-b: no route to the internet (198.51.100.1/32)"
        in bad
    )


def test_the_long_table_has_each_way_with_its_hops_and_why() -> None:
    found = [line.text for line in lines(answers(cluster(network())), everything=True)]
    assert "any TCP port" in " ".join(found)
    assert "  for: agents check each other" in found
    assert "  nodes in a to the internet: seen as public addresses of NAT gateways NAT a" in found
    assert "    table node-a routes 0.0.0.0/0 to nat-a" in found
    assert any(text.startswith("    NO_ROUTE_TO_DESTINATION table pod: no route") for text in found)


def test_conditions_are_counted_in_short_and_named_at_length() -> None:
    view = cluster(network(foreign=True))
    conditions = {text for row in answers(view).needs for text in row.assumes}
    assert conditions
    short = list(lines(answers(view)))[-1].text
    assert short == f"{len(conditions)} conditions that no template describes; --reachability names them"
    long = [line.text.strip() for line in lines(answers(view), everything=True)]
    assert conditions <= set(long)
    assert needs_in_short(answers(view)).endswith(f"{len(conditions)} conditions that no template describes")
