"""Finds incidents by words of their title and description, through an index where the database has one for it.

PostgreSQL: a GIN index over the words (migration 0002), by which a word is found from its beginning: "data" finds
"database". Elsewhere each row is looked at, and a word is found anywhere.
"""

import string

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Func, Q, TextField, Value

MOST_WORDS = 8
# "api.example.org" and "dead-letter_queue" are several words, whichever way they are asked for.
PUNCTUATION = string.punctuation
_SPACES = str.maketrans(PUNCTUATION, " " * len(PUNCTUATION))

# Signs that mean something to a template and to a statement with parameters.
_QUOTED = PUNCTUATION.replace("'", "''").replace("%", "%%%%")
# The very expression of the index: PostgreSQL uses it for no other.
_WORDS = Func(
    "title",
    "description",
    template=f"to_tsvector('simple', translate(%(expressions)s, '{_QUOTED}', '{' ' * len(PUNCTUATION)}'))",
    arg_joiner=" || ' ' || ",
    output_field=TextField(),
)


def has_words(text: str) -> Q:
    """Return what finds the incidents that have each of the first eight words of ``text``; of no word: all."""
    split = text.translate(_SPACES).split()[:MOST_WORDS]
    if connection.vendor == "postgresql" and split:
        query = Value(" & ".join(f"'{word}':*" for word in split))
        parsed = Func(query, template="to_tsquery('simple', %(expressions)s)")
        fits = Func(_WORDS, parsed, template="%(expressions)s", arg_joiner=" @@ ")
        return Q(ExpressionWrapper(fits, output_field=BooleanField()))
    every_word = Q()
    for word in text.split()[:MOST_WORDS]:
        every_word &= Q(title__icontains=word) | Q(description__icontains=word)
    return every_word
