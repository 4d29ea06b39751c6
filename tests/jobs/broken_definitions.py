"""Definitions that are refused: what is changed, the key that is named, what is said."""

from __future__ import annotations

from tests.jobs.definition_changes import (
    BASIC,
    DAYS,
    FRAMEWORK,
    GOLD,
    IS_LOW,
    IS_SLOW,
    LTV,
    RISK,
    alert,
    alerts,
    cohort,
    columns,
    framework,
    frameworks,
    indices,
    inputs,
    measures,
    sections,
    segments,
    strategy,
    top,
    with_grid,
)
from tests.jobs.definition_files import Change

BROKEN: dict[str, tuple[Change, str, str]] = {
    # keys
    "unknown key": (top(cohorts=[]), "cohorts", "unknown key 'cohorts'; nearest: 'cohort'"),
    "key without a like": (top(xyz=1), "xyz", "unknown key 'xyz'; expected one of analysis, title,"),
    "no title": (lambda raw: raw.pop("title"), "definition", "key 'title' is missing"),
    "condition without column": (cohort(operator=">", value=1), "cohort.0", "key 'column' is missing"),
    "unknown section": (sections(geografy={}), "sections.geografy", "unknown key 'geografy'; nearest: 'geography'"),
    "option of a section without options": (
        sections(tier_ltv={"by": "x"}),
        "sections.tier_ltv.by",
        "unknown key 'by'; nothing stands below this key",
    ),
    "section without its value": (sections(geography=7), "sections.geography", "found 7; expected a mapping"),
    # values
    "name with capitals": (top(analysis="Small"), "analysis", "found the text 'Small'; expected lower-case letters"),
    "name as a path": (top(analysis="../small"), "analysis", "expected lower-case letters, digits and _"),
    "unknown language": (top(languages=["fr"]), "languages.0", "'fr' is not allowed; expected one of 'en', 'zh'"),
    "language twice": (top(languages=["en", "en"]), "languages.1", "the language 'en' comes twice"),
    "no language": (top(languages=[]), "languages", "an empty list; expected 'en', 'zh' or both"),
    "title in another language": (top(title={"fr": "x"}), "title.fr", "unknown key 'fr'; expected one of en, zh"),
    "title without a language": (top(title="x"), "title", "found the text 'x'; expected a text per language (en, zh)"),
    "base without snapshots": (
        top(base="address"),
        "base",
        "the text 'address' is not allowed; expected one of 'activity', 'value'",
    ),
    "misspelled base": (top(base="activty"), "base", "nearest: 'activity'"),
    "group of nobody": (top(minimum_group=0), "minimum_group", "found 0; expected at least 1"),
    "number as text": (
        top(minimum_group="5"),
        "minimum_group",
        "found the text '5'; expected a whole number (a number has no quotes)",
    ),
    "number with a leading zero": (
        top(minimum_group="010"),
        "minimum_group",
        "expected a whole number (a number has no leading zero)",
    ),
    "number as truth value": (top(minimum_group=True), "minimum_group", "found true; expected a whole number"),
    "currency in words": (top(currency="Dollar"), "currency", "expected an ISO 4217 code such as USD"),
    "no currency": (top(currency="USB"), "currency", "'USB' is no ISO 4217 code; nearest: 'USD'"),
    "rate above one": (
        sections(geography={"minimum_match_rate": 1.5}),
        "sections.geography.minimum_match_rate",
        "found 1.5; expected at most 1",
    ),
    "rate as text": (
        sections(geography={"minimum_match_rate": "0.5"}),
        "sections.geography.minimum_match_rate",
        "found the text '0.5'; expected a number",
    ),
    "rate not a number": (
        sections(geography={"minimum_match_rate": float("nan")}),
        "sections.geography.minimum_match_rate",
        "neither infinite nor NaN",
    ),
    # columns
    "misspelled column": (
        cohort(column="sales_to_suport_days", operator=">", value=1),
        "cohort.0.column",
        "unknown column 'sales_to_suport_days'; nearest: 'sales_to_support_days'",
    ),
    "short column": (
        strategy(kpi={"measure": "churn", "target_ratio": 1, "alarm_ratio": 1}),
        "strategies.call.kpi.measure",
        "unknown column 'churn'; nearest: 'churn_probability'",
    ),
    "misspelled measure": (
        measures({"column": "recency", "unit": "points"}),
        "sections.cohort_profile.measures.0.column",
        "unknown column 'recency'; nearest: 'recency_score'",
    ),
    "misspelled category of a statistic": (
        cohort(column=LTV, operator=">", statistic="mean", within="customer_teir"),
        "cohort.0.within",
        "unknown column 'customer_teir'; nearest: 'customer_tier'",
    ),
    "column of the address table": (
        cohort(column="city", operator="=", value="x"),
        "cohort.0.column",
        "unknown column 'city'",
    ),
    "measure of text": (
        measures({"column": RISK, "unit": "points"}),
        "sections.cohort_profile.measures.0.column",
        f"column '{RISK}' is text; a measure takes numbers",
    ),
    "measure twice": (
        measures({"column": LTV, "unit": "currency"}, {"column": LTV, "unit": "points"}),
        "sections.cohort_profile.measures.1.column",
        f"the column '{LTV}' comes twice",
    ),
    "unknown unit": (
        measures({"column": DAYS, "unit": "day"}),
        "sections.cohort_profile.measures.0.unit",
        "unknown unit 'day'; expected one of score_1_5, points, days, share, count, currency; nearest: 'days'",
    ),
    "kpi of text": (
        strategy(kpi={"measure": RISK, "target_ratio": 1, "alarm_ratio": 1}),
        "strategies.call.kpi.measure",
        f"column '{RISK}' is text",
    ),
    "dimension twice": (
        sections(channels={"dimensions": ["lifecycle_stage", "lifecycle_stage"]}),
        "sections.channels.dimensions.1",
        "the column 'lifecycle_stage' comes twice",
    ),
    "derived from a word": (
        top(derived_from={LTV: "b"}),
        f"derived_from.{LTV}",
        "found the text 'b'; expected a list",
    ),
    "derived from an unknown column": (
        top(derived_from={LTV: ["customer_teir"]}),
        f"derived_from.{LTV}.0",
        "unknown column 'customer_teir'; nearest: 'customer_tier'",
    ),
    "column from an unknown table": (
        top(columns={LTV: "mapping"}),
        f"columns.{LTV}",
        "'mapping' is not allowed; expected one of 'activity', 'funnel', 'value'",
    ),
    "column from a table without it": (
        top(columns={LTV: "activity"}),
        f"columns.{LTV}",
        f"customer360__customer_activity_metrics has no column '{LTV}'",
    ),
    "unknown required table": (
        top(required=["funel"]),
        "required.0",
        "no table or column 'funel'; nearest: 'funnel'",
    ),
    "scale upside down": (top(scales={LTV: [1, 0]}), f"scales.{LTV}", "takes the lower value first"),
    "scale of one value": (top(scales={LTV: [1]}), f"scales.{LTV}", "expected a list of at least 2"),
    "scale of text": (top(scales={LTV: [0, "1"]}), f"scales.{LTV}.1", "found the text '1'; expected a number"),
    "scale of an unknown column": (
        top(scales={"churn_probabilty": [0, 1]}),
        "scales.churn_probabilty",
        "unknown column 'churn_probabilty'; nearest: 'churn_probability'",
    ),
    # conditions
    "no cohort": (lambda raw: raw.pop("cohort"), "definition", "give a cohort, segments, or both"),
    "empty cohort": (top(cohort=[]), "cohort", "found an empty list; expected a list of at least 1"),
    "cohort as a mapping": (top(cohort=IS_LOW), "cohort", "found a mapping; expected a list"),
    "the same condition twice": (top(cohort=[IS_LOW, IS_SLOW, IS_LOW]), "cohort.2", "repeats condition 0 of cohort"),
    "no profile": (top(sections={}), "cohort", "a cohort needs section cohort_profile"),
    "unknown operator": (
        cohort(column=DAYS, operator="=>", value=1),
        "cohort.0.operator",
        "the text '=>' is not allowed; expected one of '=', '!=', '>', '>=', '<', '<=', 'between', 'in', 'not in'; "
        "nearest: '>='",
    ),
    "value and statistic": (
        cohort(column=DAYS, operator=">", value=1, statistic="mean"),
        "cohort.0.value",
        "give either value or statistic",
    ),
    "neither value nor statistic": (
        cohort(column=DAYS, operator=">"),
        "cohort.0",
        "give either value or statistic",
    ),
    "unknown statistic": (
        cohort(column=DAYS, operator=">", statistic="average"),
        "cohort.0.statistic",
        "statistic 'average'; expected mean, median, pNN or top_NN",
    ),
    "statistic in a list": (
        cohort(column=DAYS, operator="in", statistic="mean"),
        "cohort.0.operator",
        "operator 'in' cannot take a statistic",
    ),
    "statistic of text": (
        cohort(column=RISK, operator=">", statistic="mean"),
        "cohort.0.column",
        f"column '{RISK}' is text and has no mean",
    ),
    "within without statistic": (
        cohort(column=DAYS, operator=">", value=1, within="customer_tier"),
        "cohort.0.within",
        "within needs a statistic",
    ),
    "between one value": (
        cohort(column=DAYS, operator="between", value=[1]),
        "cohort.0",
        "between takes two values",
    ),
    "between three values": (
        cohort(column=DAYS, operator="between", value=[1, 2, 3]),
        "cohort.0",
        "between takes two values",
    ),
    "between a single value": (
        cohort(column=DAYS, operator="between", value=1),
        "cohort.0.operator",
        "operator 'between' and a single value do not fit",
    ),
    "between upside down": (
        cohort(column=DAYS, operator="between", value=[20, 10]),
        "cohort.0.value",
        "between takes the lower value first",
    ),
    "list for a single value": (cohort(column=DAYS, operator=">", value=[1, 2]), "cohort.0.operator", "do not fit"),
    "empty list": (cohort(column=RISK, operator="in", value=[]), "cohort.0.operator", "needs at least one value"),
    "list of text and numbers": (
        cohort(column=RISK, operator="in", value=["Low", 1]),
        "cohort.0",
        "a list of values is all text or all numbers",
    ),
    "null in a list": (
        cohort(column=RISK, operator="in", value=["Low", None]),
        "cohort.0.value.1",
        "found nothing; expected text or a number",
    ),
    "number against text": (
        cohort(column=RISK, operator="=", value=1),
        "cohort.0.column",
        f"column '{RISK}' is compared with text, not with '1'",
    ),
    "text against number": (
        cohort(column=DAYS, operator=">", value="010"),
        "cohort.0.column",
        f"column '{DAYS}' is compared with numbers, not with '010'",
    ),
    "truth value": (
        cohort(column="zendesk_active", operator="=", value=True),
        "cohort.0.value",
        "found true; expected text or a number or a list",
    ),
    "truth value in a list": (
        cohort(column="zendesk_active", operator="in", value=[1, True]),
        "cohort.0.value.1",
        "found true; expected text or a number",
    ),
    "not a number": (cohort(column=DAYS, operator=">", value=float("nan")), "cohort.0.value", "infinite"),
    "infinity": (cohort(column=DAYS, operator="<", value=float("inf")), "cohort.0.value", "infinite"),
    # rules
    "a rule without conditions": (framework(all=[]), f"{FRAMEWORK}.0.all", "expected a list of at least 1"),
    "a rule of two kinds": (
        framework(all=[IS_LOW], any=[IS_LOW]),
        f"{FRAMEWORK}.0.all",
        "give exactly one of all, any, otherwise",
    ),
    "a rule of no kind": (framework(), f"{FRAMEWORK}.0", "give exactly one of all, any, otherwise"),
    "otherwise false": (framework(otherwise=False), f"{FRAMEWORK}.0.otherwise", "false is not allowed; expected true"),
    "otherwise first": (
        frameworks({"name": "a", "otherwise": True}, {"name": "b", "all": [IS_LOW]}),
        f"{FRAMEWORK}.0.otherwise",
        "'a' takes everybody; expected as the last rule",
    ),
    "a rule's name twice": (
        frameworks({"name": "a", "all": [IS_LOW]}, {"name": "a", "all": [IS_SLOW]}),
        f"{FRAMEWORK}.1.name",
        "the rule 'a' comes twice; it is number 0 of the list already",
    ),
    "a rule twice": (
        frameworks({"name": "a", "all": [IS_LOW, IS_SLOW]}, {"name": "b", "all": [IS_SLOW, IS_LOW]}),
        f"{FRAMEWORK}.1",
        "rule 'b' has the conditions of rule 'a', which comes first; it never matches",
    ),
    "a rule twice in two spellings": (
        frameworks({"name": "a", "all": [IS_LOW]}, {"name": "b", "any": [IS_LOW]}),
        f"{FRAMEWORK}.1",
        "rule 'b' has the conditions of rule 'a'",
    ),
    "a condition of a rule twice": (
        framework(any=[IS_LOW, IS_LOW]),
        f"{FRAMEWORK}.0.any.1",
        "repeats condition 0 of",
    ),
    "a rule with an unknown column": (
        framework(all=[{"column": "risk", "operator": "=", "value": "Low"}]),
        f"{FRAMEWORK}.0.all.0.column",
        "unknown column 'risk'",
    ),
    "an alternative with an unknown column": (
        framework(any=[{"column": "risk", "operator": "=", "value": "Low"}]),
        f"{FRAMEWORK}.0.any.0.column",
        "unknown column 'risk'",
    ),
    # strategies, grids, recommendations
    "unknown strategy of a segment": (
        framework(all=[IS_LOW], strategy="cal"),
        f"{FRAMEWORK}.0.strategy",
        "unknown strategy 'cal'",
    ),
    "unknown strategy of a cell": (
        with_grid(cells=[{"value": "high", "risk": "low", "strategy": "calls"}]),
        "sections.value_risk.cells.0.strategy",
        "unknown strategy 'calls'; nearest: 'call'",
    ),
    "unknown value level of a cell": (
        with_grid(cells=[{"value": "hihg", "risk": "low", "strategy": "call"}]),
        "sections.value_risk.cells.0.value",
        "cell names the unknown value level 'hihg'; expected one of high; nearest: 'high'",
    ),
    "unknown risk level of a cell": (
        with_grid(cells=[{"value": "high", "risk": "high", "strategy": "call"}]),
        "sections.value_risk.cells.0.risk",
        "cell names the unknown risk level 'high'; expected one of low",
    ),
    "a cell twice": (
        with_grid(cells=[{"value": "high", "risk": "low", "strategy": "call"}] * 2),
        "sections.value_risk.cells.1",
        "the cell comes twice",
    ),
    "recommending segments without a framework": (
        top(recommend="framework_segment"),
        "recommend",
        "recommend 'framework_segment' needs section risk_velocity with a framework",
    ),
    "recommending cells without a grid": (
        top(recommend="value_risk"),
        "recommend",
        "recommend 'value_risk' needs section value_risk",
    ),
    "unknown recommendation": (top(recommend="alert"), "recommend", "is not allowed; expected one of"),
    "due at once": (strategy(due_days=0), "strategies.call.due_days", "found 0; expected more than 0"),
    "due as text": (strategy(due_days="7"), "strategies.call.due_days", "expected a whole number"),
    # segments
    "a segment named as a group": (
        segments({**GOLD, "name": "population"}),
        "segments.rules.0.name",
        "'population' cannot name a segment",
    ),
    "a remainder named as a group": (
        segments(GOLD, remainder="others"),
        "segments.remainder.name",
        "'others' cannot name a segment",
    ),
    "a segment named as what is outside another": (
        segments(GOLD, BASIC, remainder="not_gold"),
        "segments.remainder.name",
        "'not_gold' is what the customers outside 'gold' are called",
    ),
    "two segments of one name": (
        segments(GOLD, {**BASIC, "name": "gold"}),
        "segments.rules.0.name",
        "two segments are named 'gold'",
    ),
    "two segments of one rule": (
        segments(GOLD, {**GOLD, "name": "golden"}),
        "segments.rules.1",
        "rule 'golden' has the conditions of rule 'gold'",
    ),
    "a segment of everybody": (
        segments({"name": "all", "otherwise": True}),
        "segments.rules.0.otherwise",
        "a segment with otherwise leaves no remainder",
    ),
    "comparing an unknown segment": (
        segments(GOLD, compare=[{"a": "glod", "b": "others"}]),
        "sections.segments.compare.0.a",
        "compare names the unknown segment 'glod'; nearest: 'gold'",
    ),
    "comparing a segment with itself": (
        segments(GOLD, compare=[{"a": "gold", "b": "gold"}]),
        "sections.segments.compare.0.a",
        "compare takes two different segments, not 'gold' twice",
    ),
    "comparing twice": (
        segments(GOLD, BASIC, compare=[{"a": "gold", "b": "basic"}, {"a": "basic", "b": "gold"}]),
        "sections.segments.compare.1",
        "the pair comes twice",
    ),
    "weights of the scores that do not sum to 1": (
        segments(GOLD, rfm_weights={"recency": 0.5, "frequency": 0.5, "monetary": 0.5}),
        "sections.segments.rfm_weights",
        "weights sum to 1.5; expected 1",
    ),
    "age bands in disorder": (
        segments(GOLD, age_bands=[365, 180]),
        "sections.segments.age_bands",
        "age_bands are upper bounds in days, ascending",
    ),
    "correlation of text": (
        segments(GOLD, correlations=[{"x": "customer_tier", "y": LTV}]),
        "sections.segments.correlations.0.x",
        "column 'customer_tier' is text",
    ),
    "correlation with itself": (
        segments(GOLD, correlations=[{"x": LTV, "y": LTV}]),
        "sections.segments.correlations.0",
        f"'{LTV}' is correlated with itself",
    ),
    "section of segments without segments": (
        sections(consistency={}),
        "sections.consistency",
        "section consistency needs segments",
    ),
    "section of a cohort without a cohort": (
        lambda raw: (segments(GOLD)(raw), raw["sections"].update(tier_ltv={})),
        "sections.tier_ltv",
        "section tier_ltv needs cohort",
    ),
    "health index that does not sum to 1": (
        lambda raw: (
            segments(GOLD)(raw),
            raw["sections"].update(consistency={"health_index": {"health": 1, "retention": 1, "ltv": 1}}),
        ),
        "sections.consistency.health_index",
        "weights sum to 3; expected 1",
    ),
    # indices
    "weights of an index that do not sum to 1": (
        indices(
            {"column": LTV, "weight": 0.5, "scale": "min_max"},
            {"column": "monetary_score", "weight": 0.4, "scale": "min_max"},
        ),
        "sections.indices.value",
        "weights sum to 0.9; expected 1",
    ),
    "ordinal part without levels": (
        indices({"column": RISK, "weight": 1, "scale": "ordinal"}),
        "sections.indices.value.parts.0.scale",
        "scale 'ordinal' needs levels, and only it takes them",
    ),
    "unknown scale of a part": (
        indices({"column": LTV, "weight": 1, "scale": "minmax"}),
        "sections.indices.value.parts.0.scale",
        "nearest: 'min_max'",
    ),
    "level above 1": (
        indices({"column": RISK, "weight": 1, "scale": "ordinal", "levels": {"Low": 2}}),
        "sections.indices.value.parts.0.levels.Low",
        "found 2; expected at most 1",
    ),
    "normalised text": (
        indices({"column": RISK, "weight": 1, "scale": "min_max"}),
        "sections.indices.value.parts.0.column",
        f"column '{RISK}' is text; scale 'min_max' takes numbers",
    ),
    "levels of numbers": (
        indices({"column": LTV, "weight": 1, "scale": "ordinal", "levels": {"Low": 1}}),
        "sections.indices.value.parts.0.column",
        f"column '{LTV}' holds numbers; scale 'ordinal' takes a category",
    ),
    "level of an index that is none": (
        indices(
            {"column": LTV, "weight": 1, "scale": "min_max"},
            cells=[{"value": "top", "risk": "low", "strategy": "call"}],
        ),
        "sections.indices.cells.0.value",
        "cell names the unknown value level 'top'; expected one of high, medium, low",
    ),
    # alerts
    "no alert": (alerts(), "sections.alerts.rules", "found an empty list; expected a list of at least 1"),
    "alert without conditions": (alerts({"name": "a", "level": "red"}), "sections.alerts.rules.0", "'all' is missing"),
    "unknown level of an alert": (
        alerts(alert(level="yellow")),
        "sections.alerts.rules.0.level",
        "the text 'yellow' is not allowed; expected one of 'red', 'amber'",
    ),
    "alert twice": (
        alerts(alert(), alert(name="b", level="amber")),
        "sections.alerts.rules.1",
        "rule 'b' has the conditions of rule 'a'",
    ),
    "downgrade to where it is": (
        alerts(alert(level="amber", downgrade={"to": "amber", "all": [IS_SLOW]})),
        "sections.alerts.rules.0.downgrade.to",
        "'amber' is the level of the alert already",
    ),
    # the user's tables
    "table of no role": (inputs(valeu={}), "inputs.valeu", "unknown key 'valeu'; nearest: 'value'"),
    "column that is none of ours": (
        columns(primary_mail="EMAIL"),
        "inputs.value.columns.primary_mail",
        "unknown column 'primary_mail' of customer360__customer_value_analysis; nearest: 'primary_email'",
    ),
    "column without a name": (columns(primary_email=""), "inputs.value.columns.primary_email", "expected a name"),
    "column as a number": (
        columns(primary_email=7),
        "inputs.value.columns.primary_email",
        "found 7; expected text or a mapping",
    ),
    "misspelled key of a column": (
        columns(primary_email={"column": "EMAIL", "cats": "string"}),
        "inputs.value.columns.primary_email.cats",
        "unknown key 'cats'; nearest: 'cast'",
    ),
    "cast to another type": (
        columns(estimated_customer_ltv={"column": "LTV", "cast": "string"}),
        "inputs.value.columns.estimated_customer_ltv.cast",
        "'estimated_customer_ltv' is double, not 'string'; expected cast: double",
    ),
}
