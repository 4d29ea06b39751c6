"""Real processes of this machine: a standalone master and workers, a Spark Connect server, the installed command."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyspark

SPARK_HOME = Path(pyspark.__file__).parent
ROOT = Path(__file__).parents[2]
DELTA = "io.delta:delta-spark_4.2_2.13:4.4.0"
PROPERTIES = "jobs/_conf/spark/standalone.properties"
PATIENCE = 900
# what decides about an engine elsewhere must not reach a test
_FOREIGN = ("CUSTOMER360_", "SPARK_", "PYSPARK_", "DATABRICKS_", "PYTHONPATH", "JAVA_TOOL_OPTIONS")
# one core and little memory each: four Java processes share a small machine
SMALL = {
    "spark.driver.memory": "1g",
    "spark.executor.memory": "700m",
    "spark.executor.cores": "1",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.ui.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what would decide for the command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, "SPARK_LOCAL_IP": "127.0.0.1", "CUSTOMER360_HMAC_KEY": "a-key-for-the-tests-only", **more}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def confs(values: Mapping[str, str]) -> list[str]:
    return [word for name, value in values.items() for word in ("--conf", f"{name}={value}")]


@dataclass(frozen=True, slots=True)
class Started:
    """A process with a group of its own, so that it dies with all it started."""

    process: subprocess.Popen[str]
    log: Path

    @classmethod
    def of(cls, words: Sequence[str], cwd: Path, log: Path, **more: str) -> Started:
        with log.open("w") as out:
            process = subprocess.Popen(
                words, cwd=cwd, env=environment(**more), stdout=out, stderr=out, text=True, start_new_session=True
            )
        return cls(process, log)

    def kill(self) -> None:
        """SIGKILL the process and everything it started, as a machine that is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait_for(self, text: str, seconds: int = 120) -> None:
        """Wait until the log says `text`."""
        for _ in range(seconds * 5):
            if text in self.log.read_text("utf-8", "replace"):
                return
            assert self.process.poll() is None, f"ended before it said '{text}':\n{self.tail()}"
            time.sleep(0.2)
        raise AssertionError(f"did not say '{text}' in {seconds} s:\n{self.tail()}")

    def tail(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-80:])


class Cluster:
    """A standalone master and two workers of one core each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port = free_port()
        self.url = f"spark://127.0.0.1:{port}"
        place = ["--host", "127.0.0.1", "--webui-port", str(free_port())]
        words = ["org.apache.spark.deploy.master.Master", *place, "--port", str(port)]
        self.master = self._start("master", words)
        self.master.wait_for("I have been elected leader")
        self.workers: list[Started] = []

    def add_worker(self) -> Started:
        name = f"worker{len(self.workers)}"
        words = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", str(free_port())]
        words += ["--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / name), self.url]
        worker = self._start(name, words)
        worker.wait_for("Successfully registered with master")
        self.workers.append(worker)
        return worker

    def _start(self, name: str, words: Sequence[str]) -> Started:
        command = [str(SPARK_HOME / "bin" / "spark-class"), *words]
        return Started.of(command, self.folder, self.folder / f"{name}.log", SPARK_DAEMON_MEMORY="512m")

    def stop(self) -> None:
        for started in (*self.workers, self.master):
            started.kill()


@contextlib.contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """Start a Spark Connect server with Delta; yield its address."""
    port = free_port()
    settings = {
        **SMALL,
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.jars.packages": DELTA,
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    }
    # as much memory as the local engine gives itself: six analyses do not fit into the default of 1g
    words = [str(SPARK_HOME / "bin" / "spark-submit"), "--master", "local[1]", "--driver-memory", "4g"]
    words += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", *confs(settings), "spark-internal"]
    server = Started.of(words, folder, folder / "connect.log")
    try:
        server.wait_for("Spark Connect server started at")
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.kill()


@dataclass(frozen=True, slots=True)
class Program:
    """The wheel, installed into an environment of its own whose other packages are this one's."""

    python: Path
    entry: Path

    @classmethod
    def install(cls, folder: Path, *instead: str) -> Program:
        """Install the wheel, and packages `instead` of this environment's versions of them."""

        def run(*words: str) -> None:
            subprocess.run(words, check=True, capture_output=True, env=environment(), cwd=folder)

        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", str(ROOT))
        (wheel,) = (folder / "dist").glob("*.whl")
        run(sys.executable, "-m", "venv", "venv")
        (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
        # a path in a .pth file is searched, and .pth files found there are not: no editable install comes along
        (packages / "others.pth").write_text("\n".join(p for p in sys.path if p.endswith("-packages")))
        run("venv/bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
        if instead:
            # what is found first counts: the environment's own packages stand before those of the .pth file
            run("venv/bin/python", "-m", "pip", "install", "--quiet", "--ignore-installed", *instead)
        # as documented: what spark-submit is given is taken out of the wheel
        with zipfile.ZipFile(wheel) as packed:
            for name, place in (("jobs/__main__.py", "customer360.py"), (PROPERTIES, "standalone.properties")):
                (folder / place).write_bytes(packed.read(name))
        return cls(folder / "venv" / "bin" / "python", folder / "customer360.py")

    def run(self, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run the installed command."""
        command = str(self.python.with_name("customer360"))
        return subprocess.run(
            [command, *words], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def submission(self, cluster: Cluster, delta: Sequence[str], words: Sequence[str]) -> list[str]:
        """Return the documented line, made small for this machine."""
        properties = ["--properties-file", str(self.entry.with_name("standalone.properties"))]
        submit = [str(SPARK_HOME / "bin" / "spark-submit"), "--master", cluster.url, *properties]
        return [*submit, *confs(SMALL), *delta, str(self.entry), *words]

    def submit(self, line: Sequence[str], cwd: Path, log: Path) -> Started:
        # the workers are given a Python that does not exist: they need none
        more = {"PYSPARK_DRIVER_PYTHON": str(self.python), "PYSPARK_PYTHON": "/no/python/on/a/worker"}
        return Started.of(line, cwd, log, **more)
