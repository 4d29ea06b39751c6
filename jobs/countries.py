"""Which words are countries: ISO 3166 through pycountry."""

from __future__ import annotations

from functools import cache


@cache
def country_names() -> tuple[str, ...]:
    """Return every ISO 3166-1 name, official name, common name and code, in lower case, sorted."""
    import pycountry

    names: set[str] = set()
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name", "alpha_2", "alpha_3"):
            value = getattr(country, attribute, None)
            if value:
                names.add(str(value).lower())
    return tuple(sorted(names))
