"""Evaluate the contracts of counted tables: one finding per rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.contracts.findings import Finding, number, share
from jobs.contracts.model import Contract, RangeRule, RelationRule, RowsRule, Severity, ValuesRule
from jobs.contracts.row_rules import range_flag, values_flag
from jobs.inputs import Inputs
from transforms.geography import ID
from transforms.input_tables import TABLES

ROWS = "contract_rows"
ROW_CHANGE = "contract_row_change"
_DAY = dt.timedelta(days=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def findings(
    inputs: Inputs, roles: tuple[str, ...], reference: dt.datetime | None, before: Mapping[str, float]
) -> list[Finding]:
    """Return what became of every rule on the tables of these roles.

    `reference` is the moment at which snapshots have an age, needed where a contract asks; `before` the number of
    rows per table name at the last publication. A table that is absent or has no rows is judged by its number of rows
    alone: nothing else can be said of it. A column that is absent breaks no rule but its own.
    """
    found: list[Finding] = []
    for role in roles:
        contract = inputs.contracts.get(role)
        if contract is not None:
            found += _Table(inputs, role, contract).findings(reference, before)
    return found


class _Table:
    """One table, its counts and its contract."""

    def __init__(self, inputs: Inputs, role: str, contract: Contract) -> None:
        self._inputs = inputs
        self._role = role
        self._contract = contract
        self._name = inputs.table_name(role)
        self._counts: Mapping[str, Any] = inputs.counts.get(role, {})
        self._absent = inputs.absent.get(role, [])
        self._n = int(self._counts.get("n_rows", 0))

    def findings(self, reference: dt.datetime | None, before: Mapping[str, float]) -> Iterator[Finding]:
        if self._role in self._inputs.pinned:
            # what the next publication compares with
            yield self._finding(ROWS, "info", True, self._n, 0, rule="rows", says=f"{self._n}")
            yield from self._columns()
        for rows in self._contract.rows:
            yield from self._rows(rows, before.get(self._name))
        if self._n:
            yield from self._keys()
            yield from self._snapshots(reference)
            yield from self._row_rules()
            for relation in self._contract.relations:
                if self._inputs.has_rows(relation.to):
                    yield from self._relation(relation)

    def _columns(self) -> Iterator[Finding]:
        for rule in self._contract.columns:
            is_absent = rule.column in self._absent
            yield self._finding(
                "contract_column_missing",
                rule.severity,
                not is_absent,
                float(is_absent),
                0,
                column=rule.column,
                rule="column",
                says="missing" if is_absent else "there",
            )

    def _rows(self, rule: RowsRule, before: float | None) -> Iterator[Finding]:
        if rule.minimum is not None:
            yield self._finding(
                ROWS,
                rule.severity,
                self._n >= rule.minimum,
                self._n,
                rule.minimum,
                rule="rows",
                says=f"{self._n}, expected at least {rule.minimum}",
                params={"minimum": number(rule.minimum)},
            )
        if not before:
            return
        change = (self._n - before) / before
        limits = (("drop", -change, rule.maximum_drop), ("growth", change, rule.maximum_growth))
        for direction, observed, limit in limits:
            if limit is not None:
                # the other direction is no change
                observed = max(observed, 0.0)
                yield self._finding(
                    ROW_CHANGE,
                    rule.severity,
                    observed <= limit,
                    observed,
                    limit,
                    message_id=f"contract_row_change_{direction}",
                    rule=f"{direction} of rows since the last publication",
                    says=f"{share(observed, limit)}, allowed {share(limit)}",
                    params={"tolerance": number(limit), "direction": direction},
                )

    def _keys(self) -> Iterator[Finding]:
        observed = int(self._counts["rows_without_key"]) / self._n
        column = TABLES[self._role].key_column or ID
        for rule in self._contract.key:
            yield self._finding(
                "contract_key_missing",
                rule.severity,
                observed <= rule.tolerance,
                observed,
                rule.tolerance,
                column_name=self._inputs.column_name(self._role, column),
                rule="rows without key",
                says=f"{share(observed, rule.tolerance)}, allowed {share(rule.tolerance)}",
                params={"tolerance": number(rule.tolerance)},
            )

    def _snapshots(self, reference: dt.datetime | None) -> Iterator[Finding]:
        newest = self._counts.get("newest")
        age = None
        if newest is not None and reference is not None:
            age = (reference - (_EPOCH + dt.timedelta(microseconds=int(newest)))) / _DAY
        for rule in self._contract.snapshot:
            if rule.maximum_age_days is not None:
                yield self._snapshot(rule.severity, "old", age, rule.maximum_age_days)
            if rule.maximum_ahead_days is not None:
                yield self._snapshot(rule.severity, "ahead", None if age is None else -age, rule.maximum_ahead_days)

    def _snapshot(self, severity: Severity, what: str, days: float | None, limit: float) -> Finding:
        said = "no row has a time" if days is None else f"the newest is {days:.4g} days {what}"
        names = {"old": "contract_freshness", "ahead": "contract_freshness_ahead"}
        return self._finding(
            "contract_freshness",
            severity,
            days is not None and days <= limit,
            days,
            limit,
            message_id="contract_freshness_unknown" if days is None else names[what],
            column_name=self._inputs.column_name(self._role, TABLES[self._role].snapshot_column or ""),
            rule="age of snapshots",
            says=f"{said}, allowed {limit:g}",
            params={"days": number(limit)},
        )

    def _row_rules(self) -> Iterator[Finding]:
        for index, limits in enumerate(self._contract.ranges):
            if limits.column not in self._absent:
                yield self._range(limits, int(self._counts[range_flag(index)]) / self._n)
        for index, listed in enumerate(self._contract.values):
            if listed.column not in self._absent:
                yield self._values(listed, int(self._counts[values_flag(index)]) / self._n)

    def _range(self, rule: RangeRule, observed: float) -> Finding:
        sides = {"minimum": rule.minimum, "maximum": rule.maximum}
        given = {side: number(limit) for side, limit in sides.items() if limit is not None}
        one_sided = f"_{next(iter(given))}" if len(given) == 1 else ""
        return self._finding(
            "contract_range",
            rule.severity,
            observed <= rule.tolerance,
            observed,
            rule.tolerance,
            message_id=f"contract_range{one_sided}",
            column=rule.column,
            rule=" and ".join(f"{'at least' if side == 'minimum' else 'at most'} {at}" for side, at in given.items()),
            says=f"not so in {share(observed, rule.tolerance)} of the rows, allowed {share(rule.tolerance)}",
            params={**given, "tolerance": number(rule.tolerance)},
        )

    def _values(self, rule: ValuesRule, observed: float) -> Finding:
        # true is written so in YAML
        allowed = ", ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in rule.allowed)
        return self._finding(
            "contract_values",
            rule.severity,
            observed <= rule.tolerance,
            observed,
            rule.tolerance,
            column=rule.column,
            rule="allowed values",
            says=f"another one in {share(observed, rule.tolerance)} of the rows, allowed {share(rule.tolerance)}",
            params={"allowed": allowed, "tolerance": number(rule.tolerance)},
        )

    def _relation(self, rule: RelationRule) -> Iterator[Finding]:
        counted, to = self._inputs.relations, self._inputs.table_name(rule.to)
        pair = f"{self._role}__{rule.to}"
        customers = int(counted[f"customers__{pair}"])
        if rule.minimum_match_rate is not None and customers:
            observed, limit = int(counted[f"matched__{pair}"]) / customers, rule.minimum_match_rate
            yield self._finding(
                "contract_match_rate",
                rule.severity,
                observed >= limit,
                observed,
                limit,
                rule=f"customers found in {to}",
                says=f"{share(observed, limit)}, expected at least {share(limit)}",
                params={"to": to, "to_role": rule.to, "tolerance": number(limit)},
            )
        if rule.maximum_fan_out is not None and customers:
            rows, most = int(counted[f"fan_out__{pair}"]), rule.maximum_fan_out
            yield self._finding(
                "contract_fan_out",
                rule.severity,
                rows <= most,
                rows,
                most,
                rule=f"rows of one customer in {to}",
                says=f"{rows}, allowed {most}",
                params={"to": to, "to_role": rule.to, "maximum": number(most)},
            )

    def _finding(
        self,
        check_name: str,
        severity: Severity,
        passed: bool,
        observed: float | None,
        expected: float,
        *,
        column: str | None = None,
        column_name: str | None = None,
        message_id: str | None = None,
        **more: Any,
    ) -> Finding:
        return Finding(
            table_name=self._name,
            check_name=check_name,
            severity=severity,
            passed=passed,
            observed=None if observed is None else float(observed),
            expected=float(expected),
            message_id=message_id or check_name,
            section="geography" if self._role in ("address", "mapping") else "all",
            column=column,
            column_name=column_name or (self._inputs.column_name(self._role, column) if column else None),
            **more,
        )
