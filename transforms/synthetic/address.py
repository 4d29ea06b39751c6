"""customer360__address and customer360__mapping: ids that join to nothing without the mapping table."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.input_tables import TABLES
from transforms.synthetic import identity, latent
from transforms.synthetic.columns import in_schema_order
from transforms.synthetic.hashing import Dice, pick
from transforms.synthetic.places import COUNTRY_WORDS, PLACES
from transforms.synthetic.shapes import LakePlan

_SCOPE = "address"
# Kinds of country: a real one, a word, null, empty text.
_COUNTRY_WEIGHTS = (6000, 3600, 200, 200)
_REAL, _WORD, _NULL = 0, 1, 2
_STREETS = ("Main Street", "Station Road", "Mill Lane", "Church Street", "High Street", "Park Avenue")
_FIXED_MILLIS = identity.SNAPSHOT_MILLIS


def address_rows(ids: DataFrame, lake: LakePlan) -> DataFrame:
    """Return the address table: one row per row number in `ids`.

    A customer360_id has several rows, of systems marketo and stripe (never zendesk), often equal in priority
    and rank. The state is real where the country is.
    """
    row = F.col("id")
    repeated = F.pmod(
        Dice(seed=lake.seed, scope=_SCOPE, customer=row, version=row).bits("owner"), F.lit(lake.address_ids)
    )
    people = ids.select(
        F.when(row < lake.address_ids, row).otherwise(repeated).cast("bigint").alias("customer"),
        row.alias("version"),
        F.lit(0).cast("bigint").alias("profile"),
    )
    dice = latent.dice_for(lake, _SCOPE)
    bases = people.select(
        "*",
        dice.index("country kind", _COUNTRY_WEIGHTS).alias("country_kind"),
        dice.roll("place", len(PLACES)).alias("place"),
        dice.index("type", (3200, 2300, 2500, 2000)).alias("type_index"),
    )
    return in_schema_order(bases, TABLES["address"], {"customer360_id": customer360_id(lake), **_location(dice)})


def mapping_rows(ids: DataFrame, lake: LakePlan) -> DataFrame:
    """Return the mapping table: one row per customer360_id, which makes addresses joinable."""
    people = ids.select(
        F.col("id").alias("customer"),
        *[F.lit(0).cast("bigint").alias(name) for name in ("version", "profile")],
    )
    dice = latent.dice_for(lake, "mapping")
    created = F.timestamp_millis(F.lit(_FIXED_MILLIS) - dice.roll("created", 700 * identity.DAY_MILLIS))
    ids_present = [
        identity.lead_id(lake).cast("string"),
        identity.stripe_id(lake),
        identity.zendesk_id(lake).cast("string"),
    ]
    return in_schema_order(
        people,
        TABLES["mapping"],
        {
            "customer360_id": customer360_id(lake),
            "customer360_organization_id": _organization_hash(lake),
            "is_organization_header": dice.chance("header", 500),
            "marketo_lead_id": identity.lead_id(lake),
            "stripe_customer_id": identity.stripe_id(lake),
            "zendesk_user_id": identity.zendesk_id(lake),
            "source_ids": F.concat_ws(",", *ids_present),
            "created_at": created,
            "updated_at": F.timestamp_millis(F.lit(_FIXED_MILLIS) + dice.roll("updated", identity.DAY_MILLIS)),
        },
    )


def customer360_id(lake: LakePlan) -> Column:
    """Return the md5 of the ids, an organisation hash and a flag: no single id reproduces it."""
    return F.md5(
        F.concat_ws(
            "|",
            F.coalesce(identity.lead_id(lake).cast("string"), F.lit("")),
            F.coalesce(identity.stripe_id(lake), F.lit("")),
            F.coalesce(identity.zendesk_id(lake).cast("string"), F.lit("")),
            _organization_hash(lake),
            F.lit("false"),
        )
    )


def _organization_hash(lake: LakePlan) -> Column:
    person = Dice(seed=lake.seed, scope="organization", customer=F.col("customer"), version=F.col("profile"))
    return F.md5(person.between("organization", 1, 900).cast("string"))


def _location(dice: Dice) -> dict[str, Column]:
    kind, place = F.col("country_kind"), F.col("place")
    columns = {name: pick([getattr(p, name) for p in PLACES], place) for name in PLACES[0]._fields}
    is_real = kind == _REAL
    word = dice.choice("word", COUNTRY_WORDS)
    has_state = dice.chance("has state", 9300)
    return {
        "address_line_1": F.concat_ws(
            " ", dice.between("house", 1, 250).cast("string"), dice.choice("street", _STREETS)
        ),
        "address_line_2": F.when(dice.chance("line 2", 800), F.lit("")).when(
            dice.chance("flat", 1000),
            F.concat(F.lit("Flat "), dice.between("flat number", 1, 40).cast("string")),
        ),
        "city": F.when(dice.chance("has city", 9700), columns["city"]),
        # Where the country is a word, the state is a real one of another row's kind, or a word as well.
        "state": F.when(~has_state, F.lit(""))
        .when(is_real | dice.chance("stray state", 5000), columns["state"])
        .otherwise(word),
        "state_code": F.when(is_real & has_state, columns["state_code"]),
        "country": F.when(is_real, columns["country"])
        .when(kind == _WORD, word)
        .when(kind == _NULL, F.lit(None))
        .otherwise(F.lit("")),
        "country_code": F.when(is_real & dice.chance("has code", 9000), columns["country_code"]),
        "country_alt_name": F.when(is_real & dice.chance("has alt", 6000), columns["country_alt_name"]),
        "postal_code": dice.between("postal code", 10_000, 99_999),
        "address_type": pick(("billing", "primary", "customer", "shipping"), F.col("type_index")),
        "source_system": F.when(F.col("type_index") < 2, F.lit("marketo")).otherwise(F.lit("stripe")),
        "priority": F.when(dice.chance("has priority", 9700), F.col("type_index") + 1),
        "rank": F.when(dice.chance("has rank", 9700), dice.between("rank", 1, 3)),
    }
