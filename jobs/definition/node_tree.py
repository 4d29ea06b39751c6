"""Where each key of a YAML document stands: path to line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from jobs.definition import strict_yaml

Path = tuple[str | int, ...]

# More than any file a person writes; a few aliases of aliases would make as many.
_MOST_PLACES = 100_000
_QUOTED = re.compile(r"'([^']+)'")
_WORD = re.compile(r"[a-z_]{2,}")


class NodeTree:
    """The places of a document: keys of mappings and positions in lists."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._lines: dict[Path, int] = {}
        self._texts: dict[Path, str] = {}
        if root is not None:
            self._lines[()] = root.start_mark.line + 1
            self._add((), root)

    @classmethod
    def of(cls, text: str) -> NodeTree:
        """Return the places of a document that has been parsed before."""
        return cls(strict_yaml.compose(text))

    def _add(self, path: Path, node: yaml.Node) -> None:
        if len(self._lines) > _MOST_PLACES:
            return
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                place = (*path, str(key.value))
                self._lines[place] = key.start_mark.line + 1
                self._add(place, value)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                place = (*path, number)
                self._lines[place] = value.start_mark.line + 1
                self._add(place, value)
        else:
            self._texts[path] = str(node.value)

    @property
    def is_cut(self) -> bool:
        """Whether the document has more places than are looked at."""
        return len(self._lines) > _MOST_PLACES

    def __contains__(self, path: Path) -> bool:
        return path in self._lines

    def line(self, path: Path) -> int:
        """Return the line of a place, or of the nearest place around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def place_named_in(self, message: str, around: Path) -> Path:
        """Return the place below `around` that a message speaks of: the one its quoted names stand at.

        Of several, the one whose path and surroundings have most words of the message. Without quoted names, the
        first key that is a word of the message; `around` for none.
        """
        said = message.partition("nearest:")[0]
        names = _QUOTED.findall(said)
        words = {form for word in _WORD.findall(said) for form in (word, f"{word}s")}
        best, best_score = around, -1
        for name in names:
            for place in self._places_of(name, around):
                near = self._texts_in(place[:-1])
                score = 10 * sum(other in near for other in names) + len(words & set(place))
                if score > best_score:
                    best, best_score = place, score
            if best_score >= 0:
                return best
        if names:
            return around
        below = [place for place in self._lines if len(place) > len(around) and place[: len(around)] == around]
        return next((place for word in _WORD.findall(said) for place in below if place[-1] == word), around)

    def _places_of(self, name: str, around: Path) -> Iterator[Path]:
        for place in self._lines:
            if place[: len(around)] == around and name in (self._texts.get(place), place[-1] if place else None):
                yield place

    def _texts_in(self, around: Path) -> Sequence[str]:
        return [text for place, text in self._texts.items() if place[: len(around)] == around]
