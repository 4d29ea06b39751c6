"""`make audit`: it asks a registry of vulnerabilities about every installed package and fails where one is known.

The registry is a server of this test, since the real one may be out of reach where tests run.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_KNOWN = {
    "id": "TEST-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "published": "2026-01-01T00:00:00Z",
    "summary": "made up",
    "details": "made up",
    "affected": [],
}


class _Registry(BaseHTTPRequestHandler):
    """Answers as api.osv.dev does; `vulnerable` names the package that has a known fault."""

    vulnerable = ""
    asked: set[str]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        type(self).asked.add(name)
        package = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [], "versions": []}
        found = {"vulns": [{**_KNOWN, "affected": [package]}]} if name == self.vulnerable else {}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry() -> Iterator[str]:
    _Registry.vulnerable, _Registry.asked = "", set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()


def _recipe() -> list[str]:
    """Return the options that `make audit` gives."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    found = re.search(r"^audit:.*\n\t\$\(BIN\)/pip-audit (.*)$", makefile, re.MULTILINE)
    assert found is not None
    return found[1].split()


@pytest.mark.parametrize(("vulnerable", "code"), [("", 0), ("jinja2", 1)], ids=["none", "one"])
def test_a_known_vulnerability_of_an_installed_package_fails_the_audit(
    registry: str, tmp_path: Path, vulnerable: str, code: int
) -> None:
    _Registry.vulnerable = vulnerable
    words = [sys.executable, "-m", "pip_audit", *_recipe(), "-s", "osv", "--osv-url", registry]
    done = subprocess.run(
        [*words, "--cache-dir", str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == code, done.stderr
    assert {"jinja2", "pyyaml", "pydantic"} <= _Registry.asked
    assert ("TEST-2026-1" in done.stdout) is bool(code)
