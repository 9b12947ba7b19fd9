"""The users' grammar: any text in, an expression out; nothing typed is ever an error. Pure.

Words, "exact phrase", -word, +word, word*, OR, parentheses, field:value, min_share(sex)>=0.4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from catalog.search.filters import (
    InvalidFilter,
    QueryWarning,
    parse_filter,
    resolve_field,
)
from catalog.search.query_ast import (
    And,
    Clause,
    Expression,
    FilterNode,
    Occur,
    Or,
    Phrase,
    Term,
)

LONGEST_QUERY = 500
MOST_WORDS = 60
# Each beginning stands for every word that begins so.
MOST_BEGINNINGS = 8
DEEPEST_NESTING = 8

_TOKEN = re.compile(
    r"""
      (?P<open>[-+]?\() | (?P<close>\))
    | (?P<quoted>[-+]?"(?P<phrase>[^"]*)"?)
    | (?P<named>(?P<sign>[-+]?)(?P<name>[^\W\d][\w-]*(?:\([^()\s"]{1,80}\)|\.[\w-]{1,80})?)
        (?: :(?P<value>(?:"[^"]*"?|[^\s"()])+) | (?P<comparison>(?:>=|<=|>|<|=)[^\s()"]+) ))
    | (?P<word>[^\s()"]+)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """What was understood: the words, the filters lifted out of the text, the text left, doubts."""

    expression: Expression
    filters: tuple[tuple[str, str], ...]
    text: str
    warnings: tuple[QueryWarning, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    type: str
    text: str
    sign: str
    start: int
    end: int
    name: str = ""


@dataclass(slots=True)
class _Reader:
    tokens: list[_Token]
    now: datetime
    place: int = 0
    doubts: list[QueryWarning] = field(default_factory=list)
    lifted: dict[int, tuple[str, str]] = field(default_factory=dict)


def parse_query(text: str, *, now: datetime) -> ParsedQuery:
    """Understand any text; what cannot be used as written comes back as doubts."""
    text = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    doubts = [QueryWarning("too-long", str(LONGEST_QUERY))] if len(text) > LONGEST_QUERY else []
    text = text[:LONGEST_QUERY]
    tokens = list(_shallow(_tokens(text)))
    if sum(token.type in ("word", "phrase") for token in tokens) > MOST_WORDS:
        doubts.append(QueryWarning("too-many-words", str(MOST_WORDS)))
        tokens = tokens[:MOST_WORDS]
    begun = [place for place, token in enumerate(tokens) if _is_beginning(token)]
    for place in begun[MOST_BEGINNINGS:]:
        tokens[place] = replace(tokens[place], text=tokens[place].text.rstrip("*"))
    if len(begun) > MOST_BEGINNINGS:
        doubts.append(QueryWarning("too-many-beginnings", str(MOST_BEGINNINGS)))
    reader = _Reader(tokens, now, doubts=doubts)
    words: list[Clause] = []
    while reader.place < len(tokens):
        words += _sequence(reader, depth=0)
    spans = [(tokens[place].start, tokens[place].end) for place in reader.lifted]
    lifted = tuple(reader.lifted.values())
    return ParsedQuery(tuple(words), lifted, _without(text, spans), tuple(reader.doubts))


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        span = match.span()
        whole = match[0]
        sign = whole[0] if whole[0] in "+-" and len(whole) > 1 else ""
        if match["open"]:
            yield _Token("open", "", sign, *span)
        elif match["close"]:
            yield _Token("close", "", "", *span)
        elif match["quoted"]:
            yield _Token("phrase", match["phrase"], sign, *span)
        elif match["named"] and (match["value"] or resolve_field(match["name"])):
            yield _Token("named", match["value"] or match["comparison"], sign, *span, match["name"])
        else:
            yield _Token("word", whole.removeprefix(sign), sign, *span)


def _shallow(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Leave out parentheses below the deepest nesting; what they hold stays."""
    depth = 0
    for token in tokens:
        depth += {"open": 1, "close": -1}.get(token.type, 0)
        is_too_deep = depth > DEEPEST_NESTING - (token.type == "close")
        if not (is_too_deep and token.type in ("open", "close")):
            yield token
        depth = max(depth, 0)


def _sequence(reader: _Reader, depth: int) -> list[Clause]:
    """Read clauses up to the closing parenthesis; a top-level filter is lifted out."""
    clauses: list[Clause] = []
    starts: list[int] = []
    is_or = is_not = False
    while reader.place < len(reader.tokens):
        token, start = reader.tokens[reader.place], reader.place
        reader.place += 1
        if token.type == "close":
            break
        if token.type == "word" and not token.sign and token.text in _OPERATORS:
            is_or, is_not = is_or or token.text in ("OR", "|"), is_not or token.text == "NOT"
            continue
        for clause in _clauses(reader, token, depth):
            clause = _negated(clause) if is_not else clause
            if is_or and clauses and Occur.MUST_NOT not in (clauses[-1].occur, clause.occur):
                clauses[-1] = _either(clauses[-1], clause)
                starts[-1] = -1
            else:
                clauses.append(clause)
                starts.append(-1 if is_or else start)
        is_or = is_not = False
    return _flat(_lifted(reader, clauses, starts) if depth == 0 else clauses)


_OPERATORS = ("OR", "|", "AND", "NOT")


def _clauses(reader: _Reader, token: _Token, depth: int) -> list[Clause]:
    """The clauses that one token stands for: none, one, or those of a group."""
    if token.type == "open":
        return _group(reader, token.sign, depth + 1)
    if token.type == "named":
        return _named(reader, token)
    if not any(map(str.isalnum, token.text)):
        return []
    if token.type == "phrase":
        return [Clause(Phrase(token.text), Occur.MUST_NOT if token.sign == "-" else Occur.MUST)]
    return [_word(token)]


def _word(token: _Token) -> Clause:
    text = token.text.rstrip("*") or token.text
    return Clause(Term(text, _is_beginning(token)), _DEMANDS[token.sign])


def _is_beginning(token: _Token) -> bool:
    return token.type == "word" and token.text.endswith("*") and len(token.text) > 1


_DEMANDS = {"": Occur.SHOULD, "+": Occur.MUST, "-": Occur.MUST_NOT}


def _group(reader: _Reader, sign: str, depth: int) -> list[Clause]:
    clauses = _sequence(reader, depth)
    if all(clause.occur is Occur.MUST_NOT for clause in clauses) or (
        len(clauses) == 1 and not sign
    ):
        return clauses
    return [Clause(And(tuple(clauses)), _DEMANDS[sign])]


def _flat(clauses: list[Clause]) -> list[Clause]:
    """Parentheses matter beside OR and after a sign; elsewhere only their words do."""
    flat: list[Clause] = []
    for clause in clauses:
        if isinstance(clause.node, And) and clause.occur is Occur.SHOULD:
            flat += clause.node.clauses
        else:
            flat.append(clause)
    return flat


def _named(reader: _Reader, token: _Token) -> list[Clause]:
    """A filter; where no field has nearly that name, its text is searched as words instead."""
    name = f"-{token.name}" if token.sign == "-" else token.name
    try:
        condition = parse_filter(name, token.text, now=reader.now)
    except InvalidFilter as refusal:
        is_name = refusal.doubt.code == "unknown-field" and not refusal.doubt.offer
        if not (is_name and token.text.startswith("//")):
            reader.doubts.append(refusal.doubt)
        text = f"{token.name}:{token.text}".replace('"', " ")
        return [Clause(Term(text), _DEMANDS[token.sign])] if is_name else []
    return [Clause(FilterNode(condition), Occur.MUST)]


def _negated(clause: Clause) -> Clause:
    return Clause(clause.node, Occur.MUST_NOT)


def _either(one: Clause, other: Clause) -> Clause:
    options = one.node.options if isinstance(one.node, Or) else (one,)
    both_must = one.occur is other.occur is Occur.MUST
    return Clause(Or((*options, other)), Occur.MUST if both_must else Occur.SHOULD)


def _lifted(reader: _Reader, clauses: list[Clause], starts: list[int]) -> list[Clause]:
    """Take the filters that stand alone out of the words; they become parameters."""
    kept = []
    for clause, start in zip(clauses, starts, strict=True):
        token = reader.tokens[start]
        if isinstance(clause.node, FilterNode) and start >= 0 and token.type == "named":
            condition = clause.node.filter
            is_negated = condition.is_negated != (clause.occur is Occur.MUST_NOT)
            name = condition.parameter.removeprefix("-")
            reader.lifted[start] = (f"-{name}" if is_negated else name, condition.raw)
        else:
            kept.append(clause)
    return kept


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return " ".join(text.split())
