"""Places: real countries with some of their states, and the words that fill the country column instead."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A state of a country: country name, its code, another name of it, state, state code, a city."""

    country: str
    country_code: str
    country_alt_name: str
    state: str
    state_code: str
    city: str


_STATES = {
    ("United States", "US", "USA"): (
        *("California:CA:Oakland", "Texas:TX:Austin", "New York:NY:Albany", "Florida:FL:Tampa"),
        *("Washington:WA:Tacoma", "Illinois:IL:Peoria", "Ohio:OH:Dayton", "Georgia:GA:Savannah"),
    ),
    ("Canada", "CA", "CAN"): ("Ontario:ON:Ottawa", "Quebec:QC:Laval", "Alberta:AB:Calgary"),
    ("Germany", "DE", "Deutschland"): ("Bayern:BY:Augsburg", "Hessen:HE:Kassel", "Sachsen:SN:Leipzig"),
    ("United Kingdom", "GB", "UK"): ("England:ENG:Leeds", "Scotland:SCT:Dundee", "Wales:WLS:Swansea"),
    ("France", "FR", "FRA"): ("Bretagne:BRE:Rennes", "Occitanie:OCC:Toulouse"),
    ("Spain", "ES", "España"): ("Aragón:AR:Zaragoza", "Galicia:GA:Vigo"),
    ("Italy", "IT", "Italia"): ("Lazio:62:Roma", "Veneto:34:Verona"),
    ("Netherlands", "NL", "Holland"): ("Utrecht:UT:Utrecht", "Zeeland:ZE:Goes"),
    ("Belgium", "BE", "België"): ("Namur:WNA:Namur",),
    ("Austria", "AT", "Österreich"): ("Tirol:7:Innsbruck", "Wien:9:Wien"),
    ("Switzerland", "CH", "Schweiz"): ("Bern:BE:Bern", "Vaud:VD:Lausanne"),
    ("Poland", "PL", "Polska"): ("Mazowieckie:14:Warszawa",),
    ("Sweden", "SE", "Sverige"): ("Uppsala:C:Uppsala",),
    ("Norway", "NO", "Norge"): ("Oslo:03:Oslo",),
    ("Denmark", "DK", "Danmark"): ("Sjælland:85:Roskilde",),
    ("Finland", "FI", "Suomi"): ("Uusimaa:18:Espoo",),
    ("Ireland", "IE", "Éire"): ("Munster:M:Cork",),
    ("Portugal", "PT", "PRT"): ("Porto:13:Porto",),
    ("Greece", "GR", "Hellas"): ("Attica:I:Athens",),
    ("Romania", "RO", "România"): ("Cluj:CJ:Cluj-Napoca",),
    ("Hungary", "HU", "Magyarország"): ("Pest:PE:Vác",),
    ("Brazil", "BR", "Brasil"): ("Bahia:BA:Salvador", "Paraná:PR:Curitiba"),
    ("Mexico", "MX", "México"): ("Jalisco:JAL:Guadalajara", "Puebla:PUE:Puebla"),
    ("Argentina", "AR", "ARG"): ("Salta:A:Salta",),
    ("Chile", "CL", "CHL"): ("Maule:ML:Talca",),
    ("Colombia", "CO", "COL"): ("Antioquia:ANT:Medellín",),
    ("Australia", "AU", "AUS"): ("Victoria:VIC:Geelong", "Queensland:QLD:Cairns"),
    ("New Zealand", "NZ", "Aotearoa"): ("Otago:OTA:Dunedin",),
    ("Japan", "JP", "Nippon"): ("Osaka:27:Osaka", "Hokkaido:01:Sapporo"),
    ("India", "IN", "Bharat"): ("Kerala:KL:Kochi", "Gujarat:GJ:Surat", "Punjab:PB:Amritsar"),
    ("China", "CN", "中国"): ("Sichuan:SC:Chengdu", "Hubei:HB:Wuhan"),
    ("Singapore", "SG", "SGP"): ("Central:01:Singapore",),
    ("South Africa", "ZA", "RSA"): ("Gauteng:GP:Pretoria",),
    ("Kenya", "KE", "KEN"): ("Nakuru:31:Nakuru",),
    ("Egypt", "EG", "Misr"): ("Giza:GZ:Giza",),
    ("Morocco", "MA", "Maroc"): ("Souss-Massa:09:Agadir",),
}

PLACES = tuple(Place(*country, *state.split(":")) for country, states in _STATES.items() for state in states)
VALID_COUNTRIES = tuple(country for country, _, _ in _STATES)

_FIRST_WORDS = (
    *("School", "Bridge", "Window", "Policy", "Teacher", "Garden", "Market", "Evening", "Letter", "Station"),
    *("Engine", "Forest", "Kitchen", "Picture", "Season", "Summer", "Village", "Weather", "Doctor", "Finger"),
    *("Guitar", "Hammer", "Island", "Jacket", "Ladder", "Mirror", "Needle", "Orange"),
)
_SECOND_WORDS = (
    *(
        "paper",
        "river",
        "table",
        "voice",
        "music",
        "stone",
        "plant",
        "money",
        "night",
        "story",
        "power",
        "light",
    ),
    *(
        "phone",
        "chair",
        "glass",
        "model",
        "order",
        "party",
        "radio",
        "scene",
        "shirt",
        "train",
        "uncle",
        "water",
    ),
)
COUNTRY_WORDS = _FIRST_WORDS + tuple(f"{first} {second}" for second in _SECOND_WORDS for first in _FIRST_WORDS)
"""700 words that stand where a country should."""
