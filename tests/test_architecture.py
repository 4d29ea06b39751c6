"""What the layout promises: layers, purity of transforms, no work at import, small files."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TRANSFORMS = sorted((ROOT / "transforms").rglob("*.py"))
JOBS = sorted((ROOT / "jobs").rglob("*.py"))
REPORTING = sorted((ROOT / "jobs" / "reporting").rglob("*.py"))
MAX_LINES = 400


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _imports(path: Path) -> set[str]:
    """Return every imported module, and every name imported from it, dotted."""
    found = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _belongs(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


every_transform = pytest.mark.parametrize("path", TRANSFORMS, ids=_name)

# the module, and why a pure transform has no use for it
FORBIDDEN_MODULES = {
    "jobs": "transforms know nothing of jobs",
    "pyspark.sql.SparkSession": "a transform has no session",
    "pyspark.sql.session": "a transform has no session",
    "pyspark.sql.connect": "one API for both engines",
    "pyspark.sql.classic": "one API for both engines",
    "pyspark.context": "Spark Connect has no context",
    "pyspark.SparkContext": "Spark Connect has no context",
    "pyspark.pandas": "no pandas in the engine",
    "pandas": "no pandas in the engine",
    "pyarrow": "no files in transforms",
    "delta": "no tables in transforms",
    "deltalake": "no tables in transforms",
    "time": "no clock",
    "os": "no environment, no files",
    "pathlib": "no files",
    "io": "no files",
    "random": "the result depends on the data alone",
    "secrets": "the result depends on the data alone",
    "logging": "nothing to log: nothing happens",
}
# attributes and functions called or read anywhere
FORBIDDEN_NAMES = {
    "collect": "an action",
    "toPandas": "an action",
    "toLocalIterator": "an action",
    "toArrow": "an action",
    "take": "an action",
    "head": "an action",
    "show": "an action",
    "foreach": "an action",
    "foreachPartition": "an action",
    "isEmpty": "an action",
    "checkpoint": "an action",
    "localCheckpoint": "an action",
    "cache": "a job decides what is kept",
    "persist": "a job decides what is kept",
    "write": "I/O",
    "writeTo": "I/O",
    "saveAsTable": "I/O",
    "createOrReplaceTempView": "a name in the session",
    "sparkSession": "a session",
    "SparkSession": "a session",
    "getActiveSession": "a session",
    "rdd": "not in Spark Connect",
    "_jvm": "not in Spark Connect",
    "_jdf": "not in Spark Connect",
    "_jc": "not in Spark Connect",
    "sparkContext": "not in Spark Connect",
    "udf": "a Python function per row",
    "pandas_udf": "a Python function per row",
    "udtf": "a Python function per row",
    "mapInPandas": "a Python function per batch",
    "mapInArrow": "a Python function per batch",
    "applyInPandas": "a Python function per group",
    "applyInArrow": "a Python function per group",
    "current_timestamp": "a clock",
    "current_date": "a clock",
    "localtimestamp": "a clock",
    "now": "a clock",
    "today": "a clock",
    "utcnow": "a clock",
    "curdate": "a clock",
    "rand": "chance",
    "randn": "chance",
    "uuid": "chance",
    "shuffle": "chance",
    "monotonically_increasing_id": "depends on the partitioning",
    "spark_partition_id": "depends on the partitioning",
    "input_file_name": "depends on the file layout",
    "open": "I/O",
    "print": "output",
}


@every_transform
def test_transforms_import_nothing_that_could_do_something(path: Path) -> None:
    found = [
        f"{module}: {reason}"
        for module in _imports(path)
        for forbidden, reason in FORBIDDEN_MODULES.items()
        if _belongs(module, forbidden)
    ]
    assert found == []


def _used(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        if isinstance(node, ast.Name):
            yield node.id, node.lineno


@every_transform
def test_transforms_have_no_action_session_clock_or_python_function(path: Path) -> None:
    found = [
        f"line {line}: {name}: {FORBIDDEN_NAMES[name]}" for name, line in _used(_tree(path)) if name in FORBIDDEN_NAMES
    ]
    assert found == []


# what only a classic session has, and where alone it may stand, behind a question whether there is one
CLASSIC_ONLY = {"sparkContext", "_jvm", "_jsc", "_jdf", "_jc", "rdd", "setLogLevel", "getActiveSession"}
CLASSIC_PLACES = ("jobs/engines/apache_spark.py", "jobs/sinks/hadoop.py")


@pytest.mark.parametrize("path", JOBS, ids=_name)
def test_jobs_use_what_spark_connect_has_outside_two_places(path: Path) -> None:
    found = [f"line {line}: {name}" for name, line in _used(_tree(path)) if name in CLASSIC_ONLY]
    assert found == [] or _name(path) in CLASSIC_PLACES


@every_transform
def test_transforms_count_columns_or_groups_never_a_frame(path: Path) -> None:
    # F.count(...) and grouped.count() build a frame; <frame>.count() runs a job
    found = []
    for node in ast.walk(_tree(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in ("count", "first") and not node.args:
            found.append(f"line {node.lineno}: .{node.func.attr}() is an action")
    assert found == []


@every_transform
def test_transforms_hold_no_sql_text(path: Path) -> None:
    found = [
        f"line {line}: {name}"
        for name, line in _used(_tree(path))
        if name in ("expr", "selectExpr", "sql", "registerTempTable")
    ]
    assert found == []


@pytest.mark.parametrize("path", REPORTING, ids=_name)
def test_reporting_works_on_rows_without_an_engine(path: Path) -> None:
    engines = ("pyspark", "pysail", "delta", "deltalake", "jobs.engines")
    assert [m for m in _imports(path) for engine in engines if _belongs(m, engine)] == []


# what may stand at the top of a module: it only names things
_DECLARATIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _is_typing_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# registrations on an object of the module itself
_REGISTRATIONS = ("add_constructor", "add_implicit_resolver")


def _is_registration(node: ast.stmt) -> bool:
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    return isinstance(node.value.func, ast.Attribute) and node.value.func.attr in _REGISTRATIONS


@pytest.mark.parametrize("path", TRANSFORMS + JOBS, ids=_name)
def test_a_module_only_declares(path: Path) -> None:
    found = [
        f"line {node.lineno}: {ast.unparse(node).splitlines()[0]}"
        for node in _tree(path).body
        if not isinstance(node, _DECLARATIONS)
        and not (_is_text(node) or _is_main_guard(node) or _is_typing_guard(node) or _is_registration(node))
    ]
    assert found == []


def test_importing_everything_starts_no_session_prints_nothing_and_leaves_no_thread() -> None:
    modules = [
        _name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in TRANSFORMS + JOBS
        if path.name != "__main__.py"
    ]
    code = (
        "import importlib, threading\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "from pyspark.sql import SparkSession\n"
        "assert SparkSession.getActiveSession() is None\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("path", TRANSFORMS + JOBS, ids=_name)
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_no_module_is_named_for_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    names = [_name(path) for path in TRANSFORMS + JOBS]
    assert [name for name in names if vague & set(name.removesuffix(".py").split("/"))] == []


# what runs code that was data
EVALUATES = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "marshal",
    "shelve",
    "joblib",
    "eval",
    "exec",
    "compile_command",
}


@pytest.mark.parametrize("path", TRANSFORMS + JOBS, ids=_name)
def test_nothing_is_unpickled_or_evaluated(path: Path) -> None:
    imported = {module.partition(".")[0] for module in _imports(path)}
    assert EVALUATES & (imported | {name for name, _ in _used(_tree(path))}) == set()
