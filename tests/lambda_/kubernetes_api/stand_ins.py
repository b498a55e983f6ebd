"""Programs that stand in for etcd and kube-apiserver, so that machines without them can test the harness.

They take the flags that the harness gives, and no others. The API server is the rehearsal's, and asks the
webhook about tokens as the real one does.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from rehearsal.kubernetes import Identity
from rehearsal.kubernetes.api import Api
from rehearsal.kubernetes.cluster import NAMESPACES
from rehearsal.kubernetes.real.control_plane import api_server_command, etcd_command, is_up
from rehearsal.kubernetes.real.files import ADMINISTRATOR, Files
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.server import ApiServer, CallHandler
from rehearsal.kubernetes.store import Store
from rehearsal.serving import LocalServer

#: What the API server says that it is.
VERSION = "1.36.2"
ROOT = Path(__file__).resolve().parents[3]


def install(folder: Path) -> Path:
    """Put both programs into a folder, as KUBEBUILDER_ASSETS would name it."""
    for name, main in (("etcd", "etcd"), ("kube-apiserver", "api_server")):
        lines = [
            "import sys",
            f"sys.path.insert(0, {str(ROOT)!r})",
            f"from {__name__} import {main}",
            f"{main}(sys.argv[1:])",
        ]
        script(folder, name, *lines)
    return folder


def script(folder: Path, name: str, *lines: str) -> Path:
    """Write a program in Python."""
    path = folder / name
    path.write_text("\n".join((f"#!{sys.executable}", *lines, "")))
    path.chmod(0o755)
    return path


def etcd(arguments: list[str]) -> None:
    """Says that it is healthy."""
    given = _parse(arguments, etcd_command(Path(), Files(Path()), 0, 0))
    Path(given["data_dir"]).mkdir()
    port = urlsplit(given["listen_client_urls"]).port or 0
    ThreadingHTTPServer(("127.0.0.1", port), _Healthy).serve_forever()


def api_server(arguments: list[str]) -> None:
    """Serves the rehearsal's API."""
    if arguments == ["--version"]:
        print(f"Kubernetes v{VERSION}")
        return
    given = _parse(arguments, api_server_command(Path(), Files(Path()), 0, 0))
    if not is_up(urlsplit(given["etcd_servers"]).port or 0, "/health"):
        sys.exit("etcd is not healthy")
    webhook = json.loads(Path(given["authentication_token_webhook_config_file"]).read_text())
    administrator = Path(given["token_auth_file"]).read_text().partition(",")[0]
    store, types = Store(), ResourceTypes()

    def serve_custom_types() -> None:
        for crd in store.find("apiextensions.k8s.io", "customresourcedefinitions"):
            types.serve(crd)

    api = Api(store, types, "1.35", after_write=serve_custom_types, stopped=lambda: False)
    for name in NAMESPACES:
        api.submit({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def identify(token: str) -> Identity | None:
        if token == administrator:
            return Identity(ADMINISTRATOR, frozenset({"system:masters"}))
        return _identify(webhook, token)

    class Handler(CallHandler):
        owner = ApiServer(api, identify)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given["tls_cert_file"], given["tls_private_key_file"])
    print("serving", flush=True)
    LocalServer(Handler, context, int(given["secure_port"])).serve_forever()


def _parse(arguments: list[str], known: list[str]) -> dict[str, str]:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in known[1:]:
        parser.add_argument(flag.partition("=")[0], required=True)
    for flag in ("--disable-admission-plugins", "--emulated-version"):
        parser.add_argument(flag)
    return vars(parser.parse_args(arguments))


def _identify(webhook: dict[str, list[dict[str, dict[str, str]]]], token: str) -> Identity | None:
    cluster = webhook["clusters"][0]["cluster"]
    url = urlsplit(cluster["server"])
    trusted = base64.b64decode(cluster["certificate-authority-data"]).decode()
    connection = http.client.HTTPSConnection(
        str(url.hostname), url.port, timeout=10, context=ssl.create_default_context(cadata=trusted)
    )
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    connection.request("POST", url.path, json.dumps(review), {"Content-Type": "application/json"})
    status = json.loads(connection.getresponse().read())["status"]
    connection.close()
    if not status["authenticated"]:
        return None
    return Identity(status["user"]["username"], frozenset(status["user"]["groups"]))


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing of interest."""
