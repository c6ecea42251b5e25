import pytest

from watch.core.rules.common_words import _WORDS, _folded, common_in


@pytest.mark.parametrize("language", sorted(_WORDS))
def test_each_language_has_some_three_hundred_words_of_its_own(language: str) -> None:
    name, listed = _WORDS[language]
    words = listed.split()
    assert len(words) == len(set(words))
    assert 300 <= len(_folded(language)) <= 420
    assert common_in(next(iter(_folded(language))), language) == name


@pytest.mark.parametrize(
    ("folded", "language", "common"),
    [
        ("the", None, "English"),
        ("правительство", None, "Russian"),
        ("czesc", "pl", "Polish"),
        ("panstwo", None, "Polish"),
        ("정부", None, "Korean"),
        ("می\u200cشود", None, None),
        ("ميشود", None, "Persian"),
        ("the", "ru", None),
        ("the", "ja", "English"),
        ("icbm", None, None),
    ],
)
def test_a_folded_word_is_looked_up_in_its_language_or_in_all(
    folded: str, language: str | None, common: str | None
) -> None:
    assert common_in(folded, language) == common
