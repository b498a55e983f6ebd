"""Where a chart comes from: the settings, a folder, the cache, or the repository."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from cdk_eks_cilium.helm import charts, find_chart
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions import CiliumVersion, known_versions
from tests.unit.helm.chart import packaged

VERSION = CiliumVersion.of("1.19.6")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cdk-eks-cilium" / "charts"


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A chart that counts as the published one."""
    (folder := tmp_path / "published").mkdir()
    content = packaged(folder).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(charts, "_digests", lambda: {VERSION.number: digest})
    return content


class Repository:
    """A repository over TLS; `answers` has what it serves, by path."""

    def __init__(self) -> None:
        authority = trustme.CA()
        answers = self.answers = dict[str, bytes]()

        class Requests(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = answers.get(self.path)
                self.send_response(404 if content is None else 200)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("localhost", 0), Requests)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)
        self.url = f"https://localhost:{self.server.server_port}"


@pytest.fixture
def repository() -> Iterator[Repository]:
    made = Repository()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def refusal(repository: Repository, trust: ssl.SSLContext | None) -> str:
    with pytest.raises(InputError) as caught:
        find_chart(VERSION, online=True, environment={}, repository=repository.url, trust=trust)
    (problem,) = caught.value.problems
    return str(problem)


def test_nothing_is_fetched_unasked() -> None:
    assert find_chart(VERSION, environment={}) is None


def test_the_settings_come_first_then_the_folder(tmp_path: Path) -> None:
    chart = packaged(tmp_path)
    environment = {"CILIUM_CHARTS": str(tmp_path)}
    given = find_chart(VERSION, "elsewhere.tgz", environment=environment)
    assert (given and given.origin) == "cilium.chart"
    found = find_chart(VERSION, environment=environment)
    assert found is not None
    assert (found.path, found.origin) == (chart, "CILIUM_CHARTS")
    assert find_chart(CiliumVersion.of("1.19.5"), environment=environment) is None


def test_a_chart_of_another_name_in_the_folder_is_refused(tmp_path: Path) -> None:
    packaged(tmp_path, name="tetragon")
    with pytest.raises(InputError, match="must be the chart 'cilium', not 'tetragon'"):
        find_chart(VERSION, environment={"CILIUM_CHARTS": str(tmp_path)})


def test_a_chart_is_fetched_once(repository: Repository, published: bytes, cache: Path) -> None:
    repository.answers["/cilium-1.19.6.tgz"] = published
    found = find_chart(
        VERSION, online=True, environment={}, repository=repository.url, trust=repository.trust
    )
    assert found is not None
    assert found.path.read_bytes() == published
    assert list(cache.iterdir()) == [found.path]
    repository.answers.clear()
    again = find_chart(VERSION, environment={})
    assert again is not None
    assert (again.path, again.origin) == (found.path, "the cache")


def test_a_damaged_chart_in_the_cache_counts_as_missing(published: bytes, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "cilium-1.19.6.tgz").write_bytes(published[:-1])
    assert find_chart(VERSION, environment={}) is None


@pytest.mark.usefixtures("published")
def test_a_chart_that_is_not_the_published_one_is_refused(
    repository: Repository, tmp_path: Path, cache: Path
) -> None:
    repository.answers["/cilium-1.19.6.tgz"] = packaged(tmp_path, template="other").read_bytes()
    assert "must be the published chart of Cilium 1.19.6: its SHA-256 is another" in refusal(
        repository, repository.trust
    )
    assert not list(cache.iterdir())


def test_a_chart_that_the_table_does_not_know_is_told_by_its_name_and_version(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "_digests", dict)
    repository.answers["/cilium-1.19.6.tgz"] = packaged(tmp_path, "1.19.5").read_bytes()
    assert "must be of version 1.19.6, not 1.19.5" in refusal(repository, repository.trust)


def test_a_server_that_nobody_vouches_for_is_refused(repository: Repository) -> None:
    assert "cannot fetch the chart: [SSL: CERTIFICATE_VERIFY_FAILED]" in refusal(repository, None)


def test_a_chart_that_is_not_there_is_refused(repository: Repository) -> None:
    text = refusal(repository, repository.trust)
    assert "cannot fetch the chart: Not Found" in text
    assert text.endswith("try again, or put the chart into a folder that CILIUM_CHARTS names")


def test_a_download_has_a_limit(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "_MOST", 1000)
    repository.answers["/cilium-1.19.6.tgz"] = bytes(2000)
    assert "it has more than 1000 bytes" in refusal(repository, repository.trust)


def test_a_slow_download_ends(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 31.0])
    monkeypatch.setattr("cdk_eks_cilium.helm.charts.time.monotonic", lambda: next(clock))
    repository.answers["/cilium-1.19.6.tgz"] = bytes(10)
    assert "it takes more than 30 seconds" in refusal(repository, repository.trust)


def test_every_release_of_the_table_has_a_digest() -> None:
    assert set(charts._digests()) == {version.number for version in known_versions()}
