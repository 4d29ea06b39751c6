"""The command `customer360 check`."""

from __future__ import annotations

from typing import Any

import click

from jobs import progress
from jobs.command_line import CONTRACTS, ENGINE, LAKE, stopping
from jobs.config.commands import INPUTS
from jobs.summary import SUMMARY_JSON, Summary


@click.command("check")
@LAKE
@click.option("--results", default=None, help="Result tables whose last publication tells how many rows there were.")
@CONTRACTS
@INPUTS
@SUMMARY_JSON
@ENGINE
def check_command(lake: str, results: str | None, contracts: str | None, inputs: str | None, engine: str) -> None:
    """Check the input tables against their contracts; publish nothing. One line per rule that does not hold."""
    from jobs.config.resolve import shared_mapping
    from jobs.contracts.loading import load_contracts

    _check(lake, results, load_contracts(contracts), shared_mapping(inputs), engine=engine)


@stopping
def _check(lake: str, results: str | None, contracts: Any, mapped: Any, *, engine: Any) -> None:
    import datetime as dt

    from jobs.contracts.check import check
    from jobs.contracts.gate import enforce
    from jobs.lake import Lake

    places = Lake.at(lake), Lake.at(results) if results else None
    for place in places:
        if place is not None:
            engine.check_place(place.base)
    with progress.shown():
        progress.expect(1)
        progress.step("reading the tables")
        now = dt.datetime.now(dt.UTC)
        checked = check(engine, places[0], contracts, mapped=mapped, results=places[1], now=now)
    summary = click.get_current_context().ensure_object(Summary)
    for finding in checked.findings:
        if finding.failed:
            summary.add("failed_rules", finding.row())
    for line in checked.lines():
        # a name may hold a line break
        click.echo(" ".join(line.split()))
    enforce(checked.findings)
