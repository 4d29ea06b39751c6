"""The fonts of the charts: Latin always, Chinese where a font is found."""

from __future__ import annotations

import functools
import importlib.resources
import pathlib

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

LATIN = "DejaVu Sans"
_PACKAGE = "pylopdf_fonts_zh_cn"
_FILE = "NotoSansSC-Regular.otf"
_SYSTEM_FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
)


@functools.cache
def chinese_font() -> tuple[str, pathlib.Path] | None:
    """Return family and file of a font with Chinese glyphs, or None where there is none."""
    try:
        packaged = pathlib.Path(str(importlib.resources.files(_PACKAGE).joinpath(_FILE)))
    except ModuleNotFoundError:
        packaged = None
    if packaged is not None and packaged.is_file():
        font_manager.fontManager.addfont(str(packaged))
        return FT2Font(str(packaged)).family_name, packaged
    installed = {font.name: font.fname for font in font_manager.fontManager.ttflist}
    for family in _SYSTEM_FAMILIES:
        if family in installed:
            return family, pathlib.Path(installed[family])
    return None


def families(language: str) -> list[str]:
    """Return the font families of a chart in a language, first choice first."""
    chinese = chinese_font()
    if chinese is None:
        return [LATIN]
    return [chinese[0], LATIN] if language == "zh" else [LATIN, chinese[0]]


@functools.cache
def _known_characters() -> frozenset[int]:
    files = [pathlib.Path(font_manager.findfont(LATIN))]
    chinese = chinese_font()
    if chinese is not None:
        files.append(chinese[1])
    return frozenset(code for file in files for code in FT2Font(str(file)).get_charmap())


def drawable(text: str) -> str:
    """Return the text with every character that no font holds replaced by a question mark."""
    return "".join(c if c == "\n" or ord(c) in _known_characters() else "?" for c in text)
