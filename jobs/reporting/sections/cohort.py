"""Who the cohort is: the conditions, how many customers each leaves, who cannot be decided."""

from __future__ import annotations

from jobs.reporting import gaps, predicates
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for

_SOURCE = (Source("attrition"),)


def build(context: Context) -> Section:
    """Return the chapter on membership."""
    words = context.words
    steps = context.rows.steps()
    rules = list(context.definition.get("cohort") or ())
    phrases = [
        predicates.in_words(context, rule, steps[i + 1].get("statistic_value") if i + 1 < len(steps) else None)
        for i, rule in enumerate(rules)
    ]
    title = words.text("titles.cohort")
    if not steps:
        return Section("cohort", title, (Paragraph(words.text("sections.no_rows")),))
    conditions = Bullets(tuple(Bullet("", phrase[:1].upper() + phrase[1:]) for phrase in phrases), numbered=True)
    if (sentence := gaps.why_not_computed(context)) is not None:
        asked = Paragraph(words.text("cohort.not_computed", sentence=sentence), (Source("obstacles"),))
        return Section("cohort", title, (asked, conditions))
    size, population = context.rows.cohort_size(), context.rows.population_size()
    blocks: list[Block] = [
        Paragraph(
            words.text(
                "cohort.size",
                n=context.n(size),
                population=words.numbers.count(population),
                share=share_of(context, size, population),
                conditions=words.numbers.count(len(rules)),
            ),
            _SOURCE,
        ),
        conditions,
        Paragraph(words.text("cohort.grain")),
    ]
    if size < context.minimum:
        blocks.append(Paragraph(context.no_cohort()))
    table = []
    for step in steps:
        number = int(step["step"])
        label = words.text("cohort.everybody") if number == 0 else _phrase(phrases, number, str(step["predicate"]))
        table.append(
            (
                words.numbers.count(number),
                label,
                context.n(step["n_remaining"]),
                share_of(context, int(step["n_remaining"]), population),
                NOTHING if number == 0 else context.n(step.get("n_undecidable")),
            )
        )
    blocks.append(
        context.table(
            ("step", "condition", "customers_left", "share_of_population", "undecidable"),
            table,
            texts=2,
            sources=_SOURCE,
        )
    )
    blocks.append(Paragraph(words.text("cohort.undecidable")))
    blocks.extend(notes_for(context, "cohort", "attrition"))
    return Section("cohort", title, tuple(blocks))


def share_of(context: Context, n: int, whole: int) -> str:
    """Return n as a percentage of a whole that is printed beside it; nothing for a small group."""
    if not whole or 0 < n < context.minimum:
        return NOTHING
    return context.words.numbers.percent(n / whole)


def _phrase(phrases: list[str], step: int, fallback: str) -> str:
    text = phrases[step - 1] if step <= len(phrases) else fallback
    return text[:1].upper() + text[1:]
