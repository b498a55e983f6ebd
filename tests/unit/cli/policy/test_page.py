"""The page of who may talk to whom, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.cli.policy.page.document import as_script_data, document
from tests.unit.cli.policy.browsers import Visit, opened_browser
from tests.unit.cli.policy.test_draw import GUARD

WORLD = Path(__file__).with_name("world.yaml")

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>"

MORE = f"""---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: job, namespace: shop}}
spec:
  endpointSelector: {{matchLabels: {{app: job}}}}
  ingress:
    - fromEndpoints:
        - matchLabels:
            k8s:io.cilium.k8s.namespace.labels.team: blue
            k8s:io.kubernetes.pod.namespace: kube-system
      toPorts: [{{ports: [{{port: "9000", protocol: TCP}}]}}]
    - fromEndpoints: [{{matchLabels: {{app: web}}}}]
      toPorts:
        - ports: [{{port: "80", protocol: TCP}}]
          rules: {{http: [{{method: GET, path: {json.dumps(HOSTILE)}}}]}}
  egress:
    - toFQDNs: [{{matchName: evil.example}}]
      toPorts: [{{ports: [{{port: "443", protocol: TCP}}]}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: job, namespace: shop}}
spec: {{template: {{metadata: {{labels: {{app: job}}}}}}}}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened_browser() as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    policies = folder / "policies.yaml"
    policies.write_text(WORLD.read_text() + "\n" + MORE)
    before = folder / "before.yaml"
    before.write_text(
        "---\n".join(part for part in policies.read_text().split("---\n") if "name: job" not in part)
    )
    page = folder / "page.html"
    options = ["--html", str(page), "--before", str(before), "--name", HOSTILE]
    assert main(["policy", "draw", *options, str(policies)]) == 0
    return page


def visit(browser: Browser, file: Path) -> Visit:
    found = Visit.of(browser, file)
    assert found.errors == []
    return found


def test_it_loads_nothing_and_complains_of_nothing(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.choose("shop/job")
    found.page.get_by_role("link", name="Changes").click()
    assert found.requests == [file.as_uri()]
    assert found.errors == []


def test_its_policy_refuses_what_it_does_not_carry(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: 'https://x.example/'}))"
    )
    found.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), "
        "{textContent: 'window.ran = 1'}))"
    )
    assert found.page.evaluate("window.ran") is None
    assert [re.findall(r"(img|script)-src", each) != [] for each in found.errors] == [True, True]


def test_names_of_others_are_text(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    assert found.page.title() == f"Who may talk to whom in {HOSTILE}"
    found.choose("shop/job")
    assert f"HTTP GET {HOSTILE}" in found.main()
    assert found.page.locator("main img, main script").count() == 0


def test_a_workload_is_found_by_typing_and_enter(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.page.keyboard.press("/")
    found.page.keyboard.type("runner")
    assert found.page.inner_text("#found").startswith("1 of ")
    found.page.keyboard.press("Enter")
    found.page.locator("main h2", has_text="gitlab/runner").wait_for()
    assert "allowed gitlab.com TCP 443" in found.rows()


def test_arrow_keys_move_through_the_list_and_escape_empties_the_search(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.page.focus("#search")
    found.page.keyboard.type("shop")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        found.page.keyboard.press(key)
    assert found.page.evaluate("document.activeElement.textContent") == "shop/job"
    found.page.keyboard.press("Enter")
    found.page.locator("main h2", has_text="shop/job").wait_for()
    assert found.page.evaluate("document.activeElement.id") == "main"
    found.page.focus("#search")
    found.page.keyboard.press("Escape")
    assert found.page.input_value("#search") == ""


def test_a_row_opens_by_key_and_shows_the_rules_behind_it(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.choose("gitlab/runner")
    found.page.locator("main summary", has_text="gitlab.com").focus()
    found.page.keyboard.press("Enter")
    opened = found.page.locator("main details[open]")
    opened.locator("div").first.wait_for()
    assert "CiliumNetworkPolicy gitlab/runner spec.egress[1] allows TCP 443" in opened.inner_text()


def test_what_is_not_known_says_what_to_describe(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.choose("shop/job")
    row = found.page.locator("main details.is-unknown", has_text="TCP 9000").first
    assert "not known" in row.inner_text()
    row.locator("summary").click()
    row.locator("div").first.wait_for()
    assert "It depends on Namespace kube-system, which no file describes." in row.inner_text()


def test_a_port_and_a_namespace_filter_arrows(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.page.fill("#port", "udp 53")
    assert [each for each in found.rows() if "443" in each] == []
    assert found.rows() != []
    found.page.fill("#port", "no port")
    assert found.page.get_attribute("#port", "aria-invalid") == "true"
    found.page.fill("#port", "")
    found.page.select_option("#namespace", "shop")
    assert [each for each in found.rows() if "gitlab.com" in each] == []
    assert found.page.locator("#sides a").all_inner_texts() == ["shop/job", "shop/web"]


def test_changes_are_listed_with_the_rules_that_made_them(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.page.get_by_role("link", name="Changes").click()
    found.page.locator("main h2", has_text="What changes").wait_for()
    assert found.rows() != []
    assert all(each.split()[0] in ("opens", "closes", "changes", "not") for each in found.rows())
    row = found.page.locator("main details", has_text="closes").first
    row.locator("summary").click()
    row.locator("div").first.wait_for()
    assert "CiliumNetworkPolicy shop/job spec" in row.inner_text()


def test_an_address_leads_to_a_workload(browser: Browser, file: Path) -> None:
    found = visit(browser, file)
    found.page.goto(f"{file.as_uri()}#/side/shop%2Fweb")
    found.page.reload()
    assert found.page.inner_text("main h2") == "shop/web"


def test_rules_of_tiers_stand_behind_arrows_too(browser: Browser, tmp_path: Path) -> None:
    policies, page = tmp_path / "guard.yaml", tmp_path / "guard.html"
    policies.write_text(GUARD)
    assert main(["policy", "draw", "--html", str(page), "--cilium", "1.20.0", str(policies)]) == 0
    found = visit(browser, page)
    found.choose("shop/web")
    shown = found.main()
    assert "open out but for denials" in shown
    assert "without an arrow, but for what an arrow denies: " in shown
    row = found.page.locator("main details.is-denied", has_text="198.51.100.0/24")
    row.locator("summary").click()
    row.locator("div").first.wait_for()
    assert (
        "ClusterNetworkPolicy guard spec.egress[0] (Admin tier, priority 1) denies all ports"
        in row.inner_text()
    )


class _Parts(HTMLParser):
    """The scripts, styles and policies of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[tuple[str, str]] = []
        self.policy = ""
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag if tag in ("script", "style") else ""
        if self._open:
            self.parts.append((tag, ""))
        given = dict(attrs)
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.parts[-1] = (self.parts[-1][0], self.parts[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


@given(
    st.text(max_size=40)
    | st.just(HOSTILE)
    | st.sampled_from(["<!--", "<script", "]]>", "\u2028", "@@FACTS@@"])
)
def test_whatever_the_facts_say_they_stay_one_block_of_data(text: str) -> None:
    facts: dict[str, Any] = {"title": text, "sides": [{"name": text}]}
    parser = _Parts()
    parser.feed(document(facts))
    tags = [tag for tag, _ in parser.parts]
    assert tags == ["style", "script", "script"]
    assert json.loads(parser.parts[1][1]) == facts
    assert not re.search("[<>&\u2028\u2029]", as_script_data(facts))


def test_the_policy_allows_its_own_style_and_script_alone() -> None:
    from base64 import b64encode

    parser = _Parts()
    parser.feed(document({"title": "x"}))
    (style, _, script) = [
        f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for _, text in parser.parts
    ]
    assert parser.policy == (
        f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
    )


def test_a_comparison_without_a_page_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "draw", "--before", str(WORLD), str(WORLD)])
    assert ended.value.code == 2
    assert "--before is for --html; policy diff --svg draws what changes" in capsys.readouterr().err
