"""Chinese beside Latin letters and digits in a filled sentence: one space between them, none between Chinese.

After W3C, Requirements for Chinese Text Layout, 'Mixed text composition'. Only the seams are touched: what stands
inside a value of the data stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z0-9À-ɏ]")


def filled(template: str, parts: Mapping[str, str]) -> str:
    """Return the template with its placeholders filled and its seams spaced; a bare blank between two of them stays."""
    text, last = "", ""
    for piece in _pieces(template, parts):
        text = text + piece if " " in (piece, last) else _joined(text, piece)
        last = piece
    return text


def _pieces(template: str, parts: Mapping[str, str]) -> Iterator[str]:
    for literal, name, _, _ in Formatter().parse(template):
        pieces = [literal] if name is None else [literal, str(parts[name])]
        yield from filter(None, pieces)


def _joined(left: str, right: str) -> str:
    before, after = left.rstrip(" ")[-1:], right.lstrip(" ")[:1]
    if _HAN.fullmatch(before) and _HAN.fullmatch(after):
        return left.rstrip(" ") + right.lstrip(" ")
    is_mixed = any(one.fullmatch(before) and other.fullmatch(after) for one, other in ((_HAN, _LATIN), (_LATIN, _HAN)))
    is_apart = left.endswith(" ") or right.startswith(" ")
    return f"{left} {right}" if is_mixed and not is_apart else left + right
