"""The commands `history`, `diff`, `rollback`, `clean` and `members`."""

from __future__ import annotations

from typing import Any

import click

from jobs.command_line import ENGINE, LAKE, LANGUAGES, RESULTS, stopping


@click.command("history")
@click.argument("analysis")
@RESULTS
@ENGINE
def history_command(analysis: str, results: str, engine: str) -> None:
    """List the kept publications of an analysis, the current one first."""
    _history(analysis, results, engine=engine)


@stopping
def _history(analysis: str, results: str, *, engine: Any) -> None:
    from jobs.publications.history import history

    click.echo(history(engine, results, analysis))


@click.command("diff")
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@RESULTS
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
@ENGINE
def diff_command(first: str, second: str, results: str, lang: str, engine: str) -> None:
    """Say what changed from one kept publication to another, by run id (its beginning will do) as in history."""
    _diff(first, second, results, lang, engine=engine)


@stopping
def _diff(first: str, second: str, results: str, lang: str, *, engine: Any) -> None:
    from jobs.publications.diff import diff

    click.echo(diff(engine, results, first, second, lang).rstrip("\n"))


@click.command("rollback")
@click.argument("analysis")
@RESULTS
@click.option("--to", default=None, metavar="RUN", help="A kept publication [default: the one before].")
@ENGINE
def rollback_command(analysis: str, results: str, to: str | None, engine: str) -> None:
    """Show readers an earlier publication again; the rows of both stay."""
    _rollback(analysis, results, to, engine=engine)


@stopping
def _rollback(analysis: str, results: str, to: str | None, *, engine: Any) -> None:
    from jobs.publications.rollback import rollback

    found = rollback(engine, results, analysis, to)
    click.echo(f"{analysis}: readers see run {found.run_id} again, as generation {found.generation}")
    click.echo(f"  report: {found.report_uri}")


@click.command("clean")
@RESULTS
@click.option(
    "--older-than",
    type=click.FloatRange(min=0),
    default=24.0,
    show_default=True,
    metavar="HOURS",
    help="Leave what is younger: its run may still be at work.",
)
@click.option(
    "--retain",
    type=click.FloatRange(min=0),
    default=168.0,
    show_default=True,
    metavar="HOURS",
    help="Vacuum files that no version of the last hours needs; readers and time travel need the rest.",
)
@ENGINE
def clean_command(results: str, older_than: float, retain: float, engine: str) -> None:
    """Remove rows and reports that no kept publication needs, files no version needs, scratch of crashed runs."""
    _clean(results, older_than, retain, engine=engine)


@stopping
def _clean(results: str, older_than: float, retain: float, *, engine: Any) -> None:
    from jobs.publications.clean import clean

    click.echo(clean(engine, results, older_than_hours=older_than, vacuum_hours=retain).line())


@click.command("members")
@click.argument("analysis")
@LAKE
@RESULTS
@click.option("--out", required=True, help="CSV file to write, readable by its owner only; an existing one is kept.")
@click.option("--alert", default=None, help="Only members with this alert, e.g. red.")
@click.option("--with-email", is_flag=True, help="Also write the e-mail addresses.")
@ENGINE
def members_command(
    analysis: str, lake: str, results: str, out: str, alert: str | None, with_email: bool, engine: str
) -> None:
    """Write the members of the published cohort with their ids in Marketo, Stripe and Zendesk, most valuable first."""
    _members(analysis, lake, results, out, alert, with_email, engine=engine)


@stopping
def _members(
    analysis: str, lake: str, results: str, out: str, alert: str | None, with_email: bool, *, engine: Any
) -> None:
    from jobs.publications.members import export_members

    n = export_members(engine, analysis, lake=lake, results=results, out=out, alert=alert, with_email=with_email)
    click.echo(f"wrote {n} members of {analysis} to {out}")


COMMANDS = (history_command, diff_command, rollback_command, clean_command, members_command)
