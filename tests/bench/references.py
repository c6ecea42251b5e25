"""What else one would do: three ways to find names in texts, for comparison in the same run."""

import re
from collections.abc import Callable, Sequence

from ahocorasick_rs import AhoCorasick

Finder = Callable[[str], int]
"""Returns how many names stand in a text."""


def loop_of_re(names: Sequence[str]) -> Finder:
    """Return a loop over one regular expression for each name."""
    patterns = [re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE) for name in names]

    def find(text: str) -> int:
        return sum(len(pattern.findall(text)) for pattern in patterns)

    return find


def dictionary_of_words(names: Sequence[str]) -> Finder:
    """Return a walk over a text's words through a tree of dictionaries."""
    tree: dict[str, object] = {}
    for name in names:
        branch = tree
        for word in name.lower().split():
            branch = branch.setdefault(word, {})  # type: ignore[assignment]  # a tree of them
        branch[""] = name
    word_of = re.compile(r"\w+")

    def find(text: str) -> int:
        words = word_of.findall(text.lower())
        found = 0
        for start in range(len(words)):
            branch: object = tree
            for word in words[start:]:
                branch = branch.get(word)  # type: ignore[attr-defined]  # a tree of them
                if branch is None:
                    break
                found += "" in branch  # type: ignore[operator]  # a tree of them
        return found

    return find


def automaton_of_letters(names: Sequence[str]) -> Finder:
    """Return an Aho-Corasick automaton over lower-cased text; it knows no words."""
    automaton = AhoCorasick([name.lower() for name in names])

    def find(text: str) -> int:
        return len(automaton.find_matches_as_indexes(text.lower(), overlapping=True))

    return find


def splitting(_: Sequence[str]) -> Finder:
    """Return `text.split()` alone: what any look at each word costs at the least."""
    return lambda text: len(text.split())


REFERENCES: dict[str, Callable[[Sequence[str]], Finder]] = {
    "text.split()": splitting,
    "automaton of letters": automaton_of_letters,
    "dictionary of words": dictionary_of_words,
    "loop of re": loop_of_re,
}
