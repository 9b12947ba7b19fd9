"""What every product is asked about where its data comes from; versioned sets; pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One question; `text` is what pages and forms print."""

    code: str
    text: str
    hint: str


@dataclass(frozen=True)
class QuestionSet:
    """The questions that bind from one date on."""

    version: str
    questions: tuple[Question, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(question.code for question in self.questions)


SET_2026_1 = QuestionSet(
    "2026.1",
    (
        Question(
            "source",
            "Where does the data come from?",
            "The systems, surveys or registers it was first written in.",
        ),
        Question(
            "collection_method",
            "How was it collected?",
            "Logged by a system, asked in a survey, measured, bought, derived.",
        ),
        Question(
            "period", "Which period does it cover?", "From when to when, and how often it grows."
        ),
        Question(
            "population",
            "Who or what does it describe?",
            "The people, things or events that could be in it, and who is left out.",
        ),
        Question(
            "known_imbalances",
            "Which groups are over- or under-represented?",
            "Name the attribute and the group; give shares where they are known.",
        ),
        Question(
            "limits",
            "What should it not be used for?",
            "Known errors, gaps and uses that would mislead.",
        ),
        Question("contact", "Who answers questions about its origin?", "A team or a channel."),
    ),
)

QUESTION_SETS = {SET_2026_1.version: SET_2026_1}
CURRENT_SET = SET_2026_1
