from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

from rehearsal.reachability.picture import draw
from rehearsal.reachability.questions import answers
from tests.rehearsal.reachability.networks import cluster, network, table

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_the_picture_has_a_row_for_each_source_and_a_column_for_each_destination() -> None:
    found = answers(cluster(network()))
    shown = texts(draw(found))
    assert {row.source for row in found.rows} <= set(shown)
    assert "AWS's services" in shown
    assert {"the internet", "CoreDNS", "NAT's public address", "own address"} <= set(shown)
    assert "Everything it needs is open." in shown


def test_the_picture_explains_each_need_that_is_cut() -> None:
    of = network()
    cut = replace(of, tables={**of.tables, "node-b": table("node-b")})
    shown = texts(draw(answers(cluster(cut))))
    assert re.search(r"nodes to the internet, TCP 443: nodes in b: table node-b: no route", " ".join(shown))
    assert any(re.fullmatch(r"\d of \d+ needs are cut\.", text) for text in shown)


def test_ways_that_rest_on_others_have_a_broken_line() -> None:
    mine, theirs = (draw(answers(cluster(network(foreign=foreign)))) for foreign in (False, True))
    # The legend has one in any case.
    assert mine.count("stroke-dasharray") == 1
    assert theirs.count("stroke-dasharray") > 1


def test_everything_is_inside_of_the_picture() -> None:
    root = ElementTree.fromstring(draw(answers(cluster(network()))))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for box in root.iter(f"{SVG}rect"):
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height
