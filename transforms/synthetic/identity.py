"""Ids, e-mails, organisations and timestamps: the columns every table shares, with their hazards."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from transforms.synthetic.hashing import Dice, pick
from transforms.synthetic.latent import dice_for
from transforms.synthetic.rows import OLDER, TIE
from transforms.synthetic.shapes import LakePlan

SNAPSHOT_MILLIS = 1_758_326_400_000
"""2025-09-20T00:00:00Z: the newest snapshots lie within a day after it. Fixed: the generator has no clock."""
DAY_MILLIS = 86_400_000

_FIRST_NAMES = (
    *("ana", "ben", "carla", "david", "elif", "frank", "grace", "hugo", "ines", "jonas", "kim", "liam"),
    *("maria", "noah", "olga", "paul", "rosa", "sam", "tara", "uma", "victor", "wei", "yara", "zoltan"),
    *(
        "alice",
        "bruno",
        "chloe",
        "dario",
        "emma",
        "fatima",
        "george",
        "hana",
        "ivan",
        "julia",
        "karl",
        "lena",
    ),
)
# Keys outside ASCII; the last is spelled with a combining accent and must stay apart from the composed one.
_NAMES_BEYOND_ASCII = ("jürgen", "zoë", "åsa", "мария", "李娜", "josé", "jose\u0301")
_LAST_NAMES = (
    *("smith", "garcia", "mueller", "rossi", "silva", "novak", "kim", "tanaka", "dubois", "jansen"),
    *("kowalski", "andersson", "khan", "okafor", "brown", "lopez", "moreau", "weber", "costa", "larsen"),
)
_ORGANIZATIONS = (
    "Northwind",
    "Acme",
    "Globex",
    "Initech",
    "Umbra",
    "Hooli",
    "Stark",
    "Wayne",
    "Vandelay",
    "Soylent",
)
_LEGAL_FORMS = ("Ltd", "Inc", "GmbH", "SA", "Group")
_NO_BREAK_SPACE = "\u00a0"
_KEYLESS = ("", "   ", f"{_NO_BREAK_SPACE}\t")


def lead_id(lake: LakePlan) -> Column:
    """Return marketo_lead_id: null for 3% of customers; some older copies carry a merged lead's id."""
    dice = _profile(lake)
    is_merged = (F.col("profile") > 0) & dice.chance("merged lead", 1500)
    number = F.col("customer") + F.when(is_merged, 500_000_000).otherwise(1_000_000)
    return F.when(~dice.of_latest().chance("no lead", 300), number)


def stripe_id(lake: LakePlan) -> Column:
    """Return stripe_customer_id (`cus_...`): present for 45% of customers."""
    number = F.md5(F.concat_ws("/", F.lit("stripe"), F.lit(lake.seed).cast("string"), _number()))
    is_present = _profile(lake).of_latest().chance("stripe", 4500)
    return F.when(is_present, F.concat(F.lit("cus_"), F.substring(number, 1, 14)))


def zendesk_id(lake: LakePlan) -> Column:
    """Return zendesk_user_id: present for 45% of customers, so that one in five has all three ids."""
    return F.when(_profile(lake).of_latest().chance("zendesk", 4500), F.col("customer") + 360_000_000_000)


def plain_email(lake: LakePlan) -> Column:
    """Return the customer's e-mail before spelling: the column `plain_email` that `email` reads.

    A column of its own, because every spelling uses it: in one expression it would be made six times.
    """
    person = _profile(lake).of_latest()
    name = F.when(person.chance("beyond ascii", 300), person.choice("name", _NAMES_BEYOND_ASCII)).otherwise(
        person.choice("first", _FIRST_NAMES)
    )
    tag = F.when(person.chance("tag", 200), F.lit("+news")).otherwise(F.lit(""))
    domain = F.when(person.chance("org", 4000), F.lit("@example.org")).otherwise(F.lit("@example.com"))
    return F.concat(name, F.lit("."), person.choice("last", _LAST_NAMES), _number(), tag, domain)


def email(lake: LakePlan, scope: str) -> Column:
    """Return primary_email as the table spells it: case and white space vary, the key does not.

    Rows without a customer hold null, an empty string or white space alone. Needs `plain_email`.
    """
    plain = F.col("plain_email")
    spelling = dice_for(lake, scope, F.col("profile")).roll("spelling", 100)
    spelled = (
        F.when(spelling < 88, plain)
        .when(spelling < 92, F.upper(plain))
        .when(spelling < 94, F.concat(F.lit("  "), plain))
        .when(spelling < 96, F.concat(plain, F.lit(_NO_BREAK_SPACE)))
        .when(spelling < 98, F.concat(F.lit("\t"), plain, F.lit(" \n")))
        .otherwise(F.concat(F.lit(_NO_BREAK_SPACE), F.upper(plain), F.lit(" ")))
    )
    blank = F.pmod(F.col("customer"), F.lit(len(_KEYLESS) + 1))
    index = F.least(blank, F.lit(len(_KEYLESS) - 1).cast("bigint"))
    keyless = F.when(blank < len(_KEYLESS), pick(_KEYLESS, index))
    return F.when(F.col("has_key"), spelled).otherwise(keyless)


def organization(lake: LakePlan, is_short: Column | None = None) -> Column:
    """Return primary_organization.

    Where `is_short` (default: tied copies) it lacks the legal form: being a prefix it sorts lower, so that
    the total order picks the latest row and not its tie.
    """
    person = _profile(lake).of_latest()
    number = person.between("organization number", 1, 900).cast("string")
    short = F.concat_ws(" ", person.choice("organization", _ORGANIZATIONS), number)
    full = F.concat_ws(" ", short, person.choice("legal form", _LEGAL_FORMS))
    return F.when(F.col("kind") == TIE if is_short is None else is_short, short).otherwise(full)


def snapshot_time(lake: LakePlan, scope: str) -> Column:
    """Return the snapshot timestamp: newest for the latest row and its ties; null for a few older rows."""
    customer = dice_for(lake, scope, F.lit(0).cast("bigint"))
    newest = customer.roll("snapshot", DAY_MILLIS) + SNAPSHOT_MILLIS
    copy = dice_for(lake, scope, F.col("profile"))
    older = newest - copy.between("age of snapshot", 1, 300) * DAY_MILLIS
    return F.when(F.col("kind") != OLDER, F.timestamp_millis(newest)).when(
        ~copy.every("no snapshot time", 53), F.timestamp_millis(older)
    )


def days_before_snapshot(days: Column, dice: Dice, name: str) -> Column:
    """Return a timestamp `days` before the newest snapshots' day, at a time of day of its own."""
    return F.timestamp_millis(F.lit(SNAPSHOT_MILLIS) - days * DAY_MILLIS + dice.roll(name, DAY_MILLIS))


def account_age_days(lake: LakePlan, dice: Dice) -> Column:
    """Return account age (days): shared by the tables, but off by up to three days in one fifth of rows."""
    person = _profile(lake).of_latest()
    age = person.between("account age", 30, 1200)
    skew = F.when(dice.chance("age skew", 2000), dice.between("age skew days", 1, 3)).otherwise(0)
    return F.when(dice.every("age zero", 139), 0).otherwise(age + skew)


def days_since_last_activity(dice: Dice) -> Column:
    """Return days since the last activity; a few are negative (a clock was wrong)."""
    days = dice.between("inactive days", 0, 365)
    return F.when(dice.every("inactive negative", 149), -1 - F.pmod(days, F.lit(9))).otherwise(days)


def spelled(value: Column, dice: Dice, name: str, period: int, variant: Column) -> Column:
    """Return `value`, replaced by `variant` in one row of `period`: categories off the documented list."""
    return F.when(dice.every(f"spelling of {name}", period), variant).otherwise(value)


def _profile(lake: LakePlan) -> Dice:
    return dice_for(lake, "person", F.col("profile"))


def _number() -> Column:
    return F.col("customer").cast("string")
