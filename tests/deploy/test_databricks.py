"""The Databricks bundle, checked without a workspace: resources by the package databricks-bundles, the frame by us.

`databricks bundle validate` needs a workspace; this does not replace it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from croniter import croniter
from databricks.bundles.jobs import Job

from jobs.cli import cli
from jobs.definition import shipped_names
from jobs.task import ANALYSES, SECRET, arguments

ROOT = Path(__file__).parent.parent.parent
BUNDLE = yaml.safe_load((ROOT / "databricks.yml").read_text("utf-8"))
FILES = sorted((ROOT / "resources").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# what a bundle may hold at the top, and a target
TOP = {"bundle", "include", "artifacts", "variables", "targets", "sync", "workspace", "resources", "permissions"}
TARGET = {"mode", "default", "variables", "workspace", "run_as", "permissions", "resources", "presets"}
# the compute of a job decides these
NOT_A_KNOB = {"--engine", "--connect", "--help"}


def _jobs() -> dict[str, dict[str, Any]]:
    return {
        name: job
        for file in FILES
        for name, job in yaml.safe_load(file.read_text("utf-8"))["resources"]["jobs"].items()
    }


JOBS = _jobs()
every_job = pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)


def _tasks(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what runs, by the key of its task; the body of a loop by the loop's key."""
    return {one["task_key"]: one.get("for_each_task", {}).get("task", one) for one in job["tasks"]}


def _words(task: dict[str, Any]) -> list[str]:
    return [str(word) for word in task["python_wheel_task"]["parameters"]]


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{var\.(\w+)\}", lambda found: values[found.group(1)], text)


def test_the_frame_holds_only_known_keys() -> None:
    assert BUNDLE.keys() <= TOP
    assert {key for target in BUNDLE["targets"].values() for key in target} <= TARGET


def test_dev_is_the_default_and_prod_is_production_as_a_service_principal() -> None:
    targets = BUNDLE["targets"]
    assert {name: target["mode"] for name, target in targets.items()} == {"dev": "development", "prod": "production"}
    assert [name for name, target in targets.items() if target.get("default")] == ["dev"]
    assert targets["prod"]["run_as"].keys() == {"service_principal_name"}
    assert "root_path" in targets["prod"]["workspace"]


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_every_variable_is_declared_used_and_has_a_value_in_each_target(target: str) -> None:
    declared = BUNDLE["variables"]
    used = {
        name
        for text in (*_texts(BUNDLE["targets"]), *_texts(list(JOBS.values())))
        for name in re.findall(r"\$\{var\.(\w+)\}", text)
    }
    given = BUNDLE["targets"][target]["variables"].keys() | {n for n, one in declared.items() if "default" in one}
    assert used == set(declared)
    assert given == set(declared)
    assert all(one["description"] for one in declared.values())


def test_every_other_reference_is_one_that_the_command_line_tool_knows() -> None:
    found = {
        ref for text in (*_texts(BUNDLE), *_texts(list(JOBS.values()))) for ref in re.findall(r"\$\{([^}]+)\}", text)
    }
    known = {"bundle.name", "bundle.target", "workspace.current_user.userName"}
    assert {ref for ref in found if not ref.startswith("var.")} <= known


def test_the_include_globs_match_exactly_the_resource_files() -> None:
    matched = {file for pattern in BUNDLE["include"] for file in ROOT.glob(pattern)}
    assert matched == set(FILES)
    assert len(JOBS) == len(FILES) == 2


@every_job
def test_a_job_has_only_fields_and_values_that_databricks_knows(job: dict[str, Any]) -> None:
    # refuses unknown fields, wrong enums, missing and mistyped values
    assert Job.from_dict(job).as_dict() == job


@every_job
def test_check_run_and_report_follow_each_other(job: dict[str, Any]) -> None:
    order = {one["task_key"]: [on["task_key"] for on in one.get("depends_on", [])] for one in job["tasks"]}
    assert order == {"check": [], "run": ["check"], "report": ["run"]}
    assert [_words(task)[0] for task in _tasks(job).values()] == ["check", "run", "report"]


@every_job
def test_tasks_call_an_entry_point_of_this_package(job: dict[str, Any]) -> None:
    for task in _tasks(job).values():
        wheel = task["python_wheel_task"]
        assert wheel["package_name"].replace("_", "-") == PROJECT["name"]
        assert PROJECT["scripts"][wheel["entry_point"]] == "jobs.task:main"


@every_job
def test_tasks_run_on_compute_that_the_job_declares_and_install_the_wheel(job: dict[str, Any]) -> None:
    environments = {one["environment_key"]: one["spec"] for one in job.get("environments", [])}
    clusters = {one["job_cluster_key"] for one in job.get("job_clusters", [])}
    for task in _tasks(job).values():
        if "environment_key" in task:
            wheels = environments[task["environment_key"]]["dependencies"]
        else:
            assert task["job_cluster_key"] in clusters
            wheels = [one["whl"] for one in task["libraries"]]
        # relative to the folder of the file, as the bundle's build writes it
        assert wheels == ["../dist/*.whl"]
    assert "--wheel-dir dist" in BUNDLE["artifacts"]["wheel"]["build"]


def test_no_job_installs_delta_or_spark() -> None:
    # Databricks has its own; another in its place breaks the runtime
    assert [text for text in _texts(list(JOBS.values())) if re.search(r"delta-spark|pyspark|\.jar\b|maven", text)] == []


@every_job
def test_the_schedule_is_a_quartz_expression(job: dict[str, Any]) -> None:
    expression = job["schedule"]["quartz_cron_expression"]
    fields = expression.split()
    # Quartz has seconds first, and exactly one of day of month and weekday is '?'
    assert len(fields) in (6, 7)
    assert [fields[3], fields[5]].count("?") == 1
    assert croniter.is_valid(expression, second_at_beginning=True)


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_at_most_one_job_runs_by_itself(target: str) -> None:
    defaults = {name: one["default"] for name, one in BUNDLE["variables"].items() if "default" in one}
    given = {k: v for k, v in BUNDLE["targets"][target]["variables"].items() if isinstance(v, str)}
    states = [_filled(job["schedule"]["pause_status"], {**defaults, **given}) for job in JOBS.values()]
    assert set(states) <= {"PAUSED", "UNPAUSED"}
    assert states.count("UNPAUSED") == (1 if target == "prod" else 0)


@every_job
def test_failures_are_retried_and_told_to_somebody(job: dict[str, Any]) -> None:
    assert all(task["max_retries"] >= 1 and task["timeout_seconds"] for task in _tasks(job).values())
    assert job["email_notifications"]["on_failure"]
    assert job["max_concurrent_runs"] == 1


@every_job
def test_every_job_parameter_is_declared_and_used(job: dict[str, Any]) -> None:
    declared = {one["name"] for one in job["parameters"]}
    used = {name for text in _texts(job["tasks"]) for name in re.findall(r"\{\{job\.parameters\.(\w+)\}\}", text)}
    assert used == declared


def test_both_jobs_differ_in_their_compute_alone() -> None:
    first, second = JOBS.values()
    assert first["parameters"] == second["parameters"]
    assert [_words(task) for task in _tasks(first).values()] == [_words(task) for task in _tasks(second).values()]


def _option_names(command: click.Command) -> set[str]:
    return {name for one in command.params if isinstance(one, click.Option) for name in one.opts}


@pytest.mark.parametrize("name", ["check", "run", "report"])
@every_job
def test_every_parameter_is_an_option_of_the_command(job: dict[str, Any], name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    if command is None:
        pytest.skip(f"the command '{name}' does not exist yet")
    words = [word.partition("=")[0] for word in _words(_tasks(job)[name]) if word.startswith("--")]
    known = _option_names(command) | {ANALYSES, SECRET}
    assert set(words) <= known


@every_job
def test_every_knob_of_run_is_a_parameter(job: dict[str, Any]) -> None:
    command = cli.get_command(click.Context(cli), "run")
    assert command is not None
    words = {word.partition("=")[0] for word in _words(_tasks(job)["run"])}
    assert _option_names(command) - NOT_A_KNOB <= words


@every_job
def test_the_default_parameters_are_a_valid_run_of_all_shipped_analyses(job: dict[str, Any]) -> None:
    values = {one["name"]: one["default"] for one in job["parameters"]}
    assert json.loads(values["analyses"]) == list(dict.fromkeys(json.loads(values["analyses"])))
    assert set(json.loads(values["analyses"])) == set(shipped_names())
    words = [
        re.sub(r"\{\{job\.parameters\.(\w+)\}\}", lambda found: values[found.group(1)], word)
        for word in _words(_tasks(job)["run"])
        if not word.startswith(SECRET)
    ]
    context = cli.make_context("customer360", list(arguments(words, cli)), resilient_parsing=False)
    command = cli.get_command(context, "run")
    assert command is not None
    rest = list(arguments(words, cli))[1:]
    parsed = command.make_context("run", rest, parent=context).params
    assert sorted(parsed["analyses"]) == sorted(shipped_names())
    assert (parsed["force"], parsed["inputs"], parsed["lang"]) == (False, None, "en,zh")


@every_job
def test_tables_are_catalog_names_and_reports_go_to_a_volume(job: dict[str, Any]) -> None:
    defaults = {name: one["default"] for name, one in BUNDLE["variables"].items() if "default" in one}
    values = {one["name"]: _filled(one["default"], {**defaults, "catalog": "main"}) for one in job["parameters"]}
    assert values["lake"] == "main.customer360"
    assert values["results"] == "main.customer360_results"
    assert values["reports"] == "/Volumes/main/customer360_results/reports"
