"""What can be wrong with a calendar, in words that its owner can act on."""


class CalendarProblem(Exception):
    """The calendar could not be read; the sentence says why and stands beside its address."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence[:300]
