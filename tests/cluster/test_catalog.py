"""Tables of a catalog, by catalog.schema names: the same rows as from folders, and views for readers."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cluster.processes import PATIENCE, Program, connect_server, environment
from tests.cluster.rows import differences, events, published

CREATE = """
import sys
from pathlib import Path
from pyspark.sql import SparkSession

url, lake, warehouse = sys.argv[1:]
spark = SparkSession.builder.remote(url).getOrCreate()
spark.sql("CREATE SCHEMA crm")
spark.sql(f"CREATE SCHEMA results LOCATION '{warehouse}'")
for table in sorted(Path(lake).iterdir()):
    if (table / "_delta_log").is_dir():
        spark.sql(f"CREATE TABLE crm.{table.name} USING DELTA LOCATION '{table}'")
"""
READ = """
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.remote(sys.argv[1]).getOrCreate()
values = "(run_id, attempt_id, analysis, step, n_remaining) VALUES ('r', 'a', 'x', 0, 1)"
spark.sql(f"INSERT INTO results.attrition {values}")
seen, all_rows = (spark.table(f"results.{name}attrition").count() for name in ("published_", ""))
comments = {row.col_name: row.comment for row in spark.sql("DESCRIBE results.attrition").collect()}
constraints = spark.sql("SHOW TBLPROPERTIES results.attrition ('delta.constraints.counts')").collect()
print(seen, all_rows, comments["n_remaining"], constraints[0]["value"], sep="|")
"""
SCRATCH = """
import sys
from jobs.engines.apache_spark import ApacheSparkEngine

engine = ApacheSparkEngine({}, connect=sys.argv[1])
left_by_run = engine.drop_abandoned("spark_catalog.results", 0)
engine.keep_scratch_at("spark_catalog.results")
crashed = engine.materialise(engine.spark.range(3), "three")
young = engine.drop_abandoned("spark_catalog.results", 24)
n_rows = crashed.count()
old = engine.drop_abandoned("spark_catalog.results", 0)
engine.materialise(engine.spark.range(3), "three")
engine.release()
released = engine.drop_abandoned("spark_catalog.results", 0)
print(left_by_run, young, n_rows, old, released, engine.drop_abandoned("spark_catalog.crm", 0))
"""


def python(program: Program, text: str, *words: str, cwd: Path) -> str:
    done = subprocess.run(
        [str(program.python), "-c", text, *words],
        cwd=cwd, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_run_on_catalog_tables_publishes_the_same_rows_and_views_of_them(
    program: Program, lake: Path, local: Path, elsewhere: Path, analyses: list[str], tmp_path: Path
) -> None:
    places = ["--lake", "spark_catalog.crm", "--results", "spark_catalog.results", "--reports", "catalog_reports"]
    warehouse = tmp_path / "warehouse"
    with connect_server(tmp_path) as url:
        python(program, CREATE, url, str(lake), str(warehouse), cwd=elsewhere)
        options = ["--lang", "en", "--engine", "spark", "--connect", url]
        elsewhere_in_it = [*places[:2], "--results", "spark_catalog.nowhere", *places[4:]]
        refused = program.run("run", analyses[0], *elsewhere_in_it, *options, cwd=elsewhere)
        words = ["run", *analyses, *places, *options]
        ran = program.run(*words, cwd=elsewhere)
        assert (ran.returncode, ran.stderr) == (0, "")
        scratch = python(program, SCRATCH, url, cwd=elsewhere)
        said = python(program, READ, url, cwd=elsewhere)
        history = program.run("history", analyses[0], *places[2:4], "--connect", url, cwd=elsewhere)
        found = {analysis: published(str(warehouse), analysis) for analysis in analyses}
        happened = {analysis: events(str(warehouse), analysis) for analysis in analyses}
        # the old definition is computed beside the new one, and stored under a name of its own
        changed = ["--set", "sections.segments.age_bands.0=181"]
        again = program.run("run", "limited_data_value", *places, *options, *changed, cwd=elsewhere)
    assert refused.returncode == 2, refused.stderr
    assert refused.stderr.startswith("C360-USAGE exit=2: there is no schema spark_catalog.nowhere for the results -> ")
    seen, all_rows, comment, constraint = said.split("|")
    # the run left none; a crashed run's goes when it is old, a run's own when it ends
    assert scratch == "0 0 3 1 0 0"
    # a row of an attempt that no pointer names
    assert int(seen) == int(all_rows) - 1 > 0
    assert comment == "customers that meet this predicate and those before it"
    assert constraint == "n_remaining >= 0"
    assert history.returncode == 0, history.stderr
    assert (again.returncode, again.stderr) == (0, "")
    for analysis in analyses:
        # tables of a catalog have names of their own, and so the run has
        differing = differences(found[analysis], published(str(local), analysis))
        assert [one for one in differing if ".run_id" not in one] == []
        assert happened[analysis] == ["started", "succeeded"]
