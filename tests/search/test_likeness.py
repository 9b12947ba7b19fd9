"""By which words products are alike."""

from catalog.search.similarity import WORD, features_of


def test_words_that_say_nothing_of_a_subject_make_no_products_alike():
    features = features_of(
        name="Club members", summary="Everyone who joined the club once, and when.", tags=(),
        columns=(),
    )  # fmt: skip

    words = [feature.text for feature in features if feature.type == WORD]
    assert words == ["club", "members", "everyone", "joined"]
