"""Kubeconfigs: what they give, and what is wrong with them, without what is secret in them."""

from __future__ import annotations

import base64
import json
import os
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from kubernetes.config import incluster_config

from cdk_eks_cilium.doctor.readers.access import KubeconfigError, access_of
from cdk_eks_cilium.doctor.readers.api import Api
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError
from rehearsal.kubernetes.endpoint import Endpoint
from rehearsal.serving import Handler
from tests.unit.doctor.readers.api_servers import QUICK, says, serving

SECRET = "s3cret-t0ken"


def config(user: Any = None, server: Any = "https://127.0.0.1:1", **cluster: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "demo", "user": "me"}}],
        "clusters": [{"name": "demo", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "me", "user": {"token": SECRET} if user is None else user}],
    }


def written(folder: Path, content: Any, name: str = "kubeconfig") -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return file


def program(folder: Path, code: str) -> dict[str, Any]:
    """A user whose token a program prints."""
    file = folder / "program.py"
    file.write_text(code)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": sys.executable, "args": [str(file)]}}


def prints(status: dict[str, Any], version: str = "client.authentication.k8s.io/v1") -> str:
    return f"print({json.dumps({'apiVersion': version, 'kind': 'ExecCredential', 'status': status})!r})"


@pytest.fixture(autouse=True)
def no_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


class Whoami(Endpoint):
    """HTTPS that tells the caller's token."""

    def start(self) -> None:
        class Tell(Handler):
            def do_GET(self) -> None:
                self.reply(200, json.dumps({"token": self.headers["Authorization"]}).encode())

        self.listen(Tell)

    @property
    def authority(self) -> str:
        return base64.b64encode(self.certificate_authority_pem.encode()).decode()


@pytest.fixture
def whoami() -> Any:
    server = Whoami()
    server.start()
    yield server
    server.stop()


def token_at(file: Path) -> str:
    return str(Api(access_of(file), QUICK).get("/").as_json()["token"])


def test_a_token_goes_over_a_connection_that_is_verified(tmp_path: Path, whoami: Whoami) -> None:
    made = config(server=whoami.endpoint, **{"certificate-authority-data": whoami.authority})
    assert token_at(written(tmp_path, made)) == f"Bearer {SECRET}"


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path, whoami: Whoami) -> None:
    other = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()
    made = config(server=whoami.endpoint, **{"certificate-authority-data": other})
    with pytest.raises(
        UnreachableError, match=r"does not show a certificate that the kubeconfig's authority made"
    ):
        token_at(written(tmp_path, made))


def test_the_name_of_the_server_can_be_another(tmp_path: Path, whoami: Whoami) -> None:
    address = whoami.endpoint.replace("localhost", "127.0.0.1")
    authority = {"certificate-authority-data": whoami.authority}
    assert token_at(
        written(tmp_path, config(server=address, **authority, **{"tls-server-name": "localhost"}))
    )
    with pytest.raises(UnreachableError, match=r"does not show a certificate"):
        token_at(written(tmp_path, config(server=address, **authority, **{"tls-server-name": "elsewhere"})))


def test_keys_stay_on_the_disk_only_while_they_are_read(
    tmp_path: Path, temporary_folder: Path, whoami: Whoami
) -> None:
    authority = trustme.CA()
    own = authority.issue_cert("me@example.com")
    user = {
        "client-certificate-data": base64.b64encode(own.cert_chain_pems[0].bytes()).decode(),
        "client-key-data": base64.b64encode(own.private_key_pem.bytes()).decode(),
    }
    made = config(user, whoami.endpoint, **{"certificate-authority-data": whoami.authority})
    before = set(temporary_folder.iterdir())
    access = access_of(written(tmp_path, made))
    assert access.tls is not None
    assert access.tls.verify_mode is ssl.CERT_REQUIRED
    assert access.tls.check_hostname
    assert set(temporary_folder.iterdir()) == before


def test_a_program_gives_the_token(tmp_path: Path, whoami: Whoami) -> None:
    made = config(
        program(tmp_path, prints({"token": "fresh"})),
        whoami.endpoint,
        **{"certificate-authority-data": whoami.authority},
    )
    assert token_at(written(tmp_path, made)) == "Bearer fresh"


def test_a_token_that_ends_is_made_anew(tmp_path: Path, whoami: Whoami) -> None:
    code = (
        "import json, pathlib\nfile = pathlib.Path(__file__).with_name('count')\n"
        "number = int(file.read_text()) + 1 if file.exists() else 1\nfile.write_text(str(number))\n"
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', 'status': "
        "{'token': str(number), 'expirationTimestamp': '2020-01-01T00:00:00Z'}}))"
    )
    made = config(
        program(tmp_path, code), whoami.endpoint, **{"certificate-authority-data": whoami.authority}
    )
    api = Api(access_of(written(tmp_path, made)), QUICK)
    assert [api.get("/").as_json()["token"] for _ in range(2)] == ["Bearer 2", "Bearer 3"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (f"import sys; print({SECRET!r}); sys.exit(7)", "ended with 7: log in again, or run it by hand"),
        (f"print({SECRET!r})", "printed something else than JSON"),
        ("print('[]')", "printed no credentials"),
        (prints({}), "printed neither a token nor a certificate with its key"),
        (prints({"token": SECRET}, "client.authentication.k8s.io/v9"), "speaks another version"),
    ],
)
def test_a_program_that_fails_is_told_without_its_output(tmp_path: Path, code: str, words: str) -> None:
    with pytest.raises(UnreachableError) as found:
        access_of(written(tmp_path, config(program(tmp_path, code))))
    assert words in str(found.value)
    assert SECRET not in str(found.value)


def test_a_program_that_is_missing_is_told_with_its_hint(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "v1", "command": "no-such-program", "installHint": "brew install it"}}
    with pytest.raises(UnreachableError, match=r"'no-such-program', .* is not installed: brew install it$"):
        access_of(written(tmp_path, config(user)))


def test_a_program_that_hangs_ends_within_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cdk_eks_cilium.doctor.readers import plugin

    section = program(tmp_path, "import time; time.sleep(60)")["exec"]
    with pytest.raises(UnreachableError, match=r"took more than 0 seconds$"):
        plugin.credentials(section, {}, None, seconds=0.3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: [", "not YAML, line 1"),
        ("", "not a kubeconfig that can be used: ConfigException while reading it"),
        ("- 1", "not a kubeconfig that can be used: "),
        (config() | {"current-context": ""}, "no context is current; name one with --context"),
        (config() | {"current-context": "there"}, "unknown context 'there'; it has here"),
        (config() | {"clusters": []}, "context 'here' needs the cluster 'demo', which is missing"),
        (config() | {"users": []}, "context 'here' needs the user 'me', which is missing"),
        (config(server="ftp://x"), "cluster 'demo' needs a server, as https://HOST"),
        (config(**{"insecure-skip-tls-verify": True}), "has insecure-skip-tls-verify"),
        (
            config(**{"certificate-authority-data": "bm90IFBFTQ=="}),
            "a certificate or key in the kubeconfig cannot",
        ),
        (
            config({"auth-provider": {"name": "gcp", "config": {"access-token": SECRET}}}),
            "auth-provider 'gcp'",
        ),
        (config(**{"certificate-authority": "/nowhere/ca.crt"}), "not a kubeconfig that can be used"),
    ],
)
def test_a_kubeconfig_is_refused_in_words_without_its_secrets(
    tmp_path: Path, content: Any, words: str
) -> None:
    with pytest.raises(KubeconfigError) as found:
        access_of(written(tmp_path, content))
    assert words in str(found.value)
    assert SECRET not in str(found.value)


def test_a_broken_section_does_not_show_what_is_in_it(tmp_path: Path) -> None:
    made = config()
    made["users"] = [{"user": {"token": SECRET}}]
    with pytest.raises(KubeconfigError) as found:
        access_of(written(tmp_path, made))
    assert SECRET not in str(found.value)


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KubeconfigError, match=r"^no such kubeconfig: ~/.kube/config; write one with"):
        access_of()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(KubeconfigError, match=f"^no such kubeconfig: {tmp_path}/none; "):
        access_of()


def test_files_of_the_environment_are_merged_as_kubectl_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = config(server="http://one:80")
    clusters, rest = {"clusters": whole.pop("clusters")}, whole
    files = [written(tmp_path, rest, "a"), tmp_path / "missing", written(tmp_path, clusters, "b")]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, files)))
    found = access_of()
    assert (found.host, found.name, found.context) == ("http://one:80", "demo", "here")


def test_the_home_folder_has_the_default(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    written(tmp_path / ".kube", config(server="http://home:80"), "config")
    assert access_of().host == "http://home:80"


def test_a_proxy_is_the_one_of_the_kubeconfig_or_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = written(tmp_path, config(server="http://one:80", **{"proxy-url": "http://proxy:1"}))
    assert access_of(own).proxy == "http://proxy:1"
    monkeypatch.setenv("http_proxy", "http://proxy:2")
    file = written(tmp_path, config(server="http://one:80"))
    assert access_of(file).proxy == "http://proxy:2"
    monkeypatch.setenv("no_proxy", "one")
    assert access_of(file).proxy == ""


def test_other_proxies_are_refused_without_their_password(tmp_path: Path) -> None:
    made = config(server="http://one:80", **{"proxy-url": f"socks5://me:{SECRET}@proxy:1"})
    with pytest.raises(KubeconfigError, match=r"must be http://HOST:PORT or https://HOST:PORT$") as found:
        access_of(written(tmp_path, made))
    assert SECRET not in str(found.value)


def test_a_proxy_learns_who_asks(tmp_path: Path) -> None:
    with serving(says({})) as proxy:
        address = proxy.access.host.replace("http://", "http://me:p%40ss@")
        made = config(server="http://cluster.example.com", **{"proxy-url": address})
        assert Api(access_of(written(tmp_path, made)), QUICK).get("/version").status == 200
    assert proxy.asked == ["http://cluster.example.com/version"]
    assert base64.b64decode(proxy.headers[0]["proxy-authorization"].split()[1]) == b"me:p@ss"


def test_a_pod_reads_by_its_service_account(
    tmp_path: Path, whoami: Whoami, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("TOKEN", "of-the-pod"), ("CERT", whoami.certificate_authority_pem)):
        file = written(tmp_path, text, name)
        monkeypatch.setattr(incluster_config, f"SERVICE_{name}_FILENAME", str(file))
    host, _, port = whoami.endpoint.removeprefix("https://").partition(":")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    token = Api(access_of(), QUICK).get("/").as_json()["token"]
    assert token.lower() == "bearer of-the-pod"


def test_a_pod_without_service_account_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.100.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(
        UnreachableError, match=r"^this pod has no service account: Service token file does not"
    ):
        access_of()


def test_an_access_does_not_show_its_token(tmp_path: Path) -> None:
    assert SECRET not in repr(access_of(written(tmp_path, config())))
