"""The users' grammar: any text in, a query tree out; nothing typed is ever an error. Pure.

Words, "exact phrase", -word, +word, word*, OR, parentheses, field:value, min_share(sex)>=0.4.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from catalog.identifiers import is_address, without_host
from catalog.search.filters import (
    InvalidFilter,
    QueryWarning,
    nearest_field,
    parse_filter,
    resolve_field,
)
from catalog.search.query_ast import And, Clause, Expression, FilterNode, Occur, Or, Phrase, Term
from catalog.search.scripts import JOINERS, has_unspaced, nfc, split_words

MAX_QUERY_LENGTH = 500
MAX_TERMS = 60
# Each prefix means every word that begins with it.
MAX_PREFIXES = 8
MAX_NESTING = 8

_TOKEN = re.compile(
    r"""
      (?P<open>[-+]?\() | (?P<close>\))
    | (?P<quoted>[-+]?"(?P<phrase>[^"]*)"?)
    | (?P<field>(?P<sign>[-+]?)
        (?P<name>[^\W\d][\w-]*(?:\("?[^()"]{1,80}"?\)|\.[\w-]{1,80})?)
        (?: :(?P<value>(?:>=|<=|>|<)?[-+]?\d+(?:\.\d*)?\ ?%(?=[\s()]|\Z)
              | (?:"(?:[^"\\]|\\.)*"?|[^\s"()])+)
          | \s*(?P<comparison>(?:[<>]=?|=[<>]?|[≥≤])\s*
              (?:[-+]?\d+(?:\.\d*)?\ ?%(?=[\s()]|\Z)|[^\s()"]+)) ))
    | (?P<word>[^\s()"]+)
    """,
    re.VERBOSE,
)
_WORD = re.compile(r'[^\s()"]+')
_OPERATORS = ("OR", "|", "AND", "NOT")
_OCCUR = {"": Occur.SHOULD, "+": Occur.MUST, "-": Occur.MUST_NOT}


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The query tree, the filters that stood alone in the text, the text left, and warnings."""

    expression: Expression
    filters: tuple[tuple[str, str], ...]
    text: str
    warnings: tuple[QueryWarning, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    type: str
    text: str
    sign: str
    span: tuple[int, int]
    name: str = ""

    @property
    def is_prefix(self) -> bool:
        return self.type == "word" and self.text.endswith("*") and len(self.text) > 1


def parse_query(text: str, *, now: datetime) -> ParsedQuery:
    """Parse any text; what cannot be used as written comes back as warnings."""
    text = "".join(sign if sign.isprintable() or sign in JOINERS else " " for sign in nfc(text))
    text = text.strip()
    warnings = []
    if len(text) > MAX_QUERY_LENGTH:
        warnings.append(QueryWarning("too-long", str(MAX_QUERY_LENGTH)))
        text = text[:MAX_QUERY_LENGTH]
    tokens = list(_limit_depth(_tokens(text)))
    if sum(token.type in ("word", "phrase") for token in tokens) > MAX_TERMS:
        warnings.append(QueryWarning("too-many-words", str(MAX_TERMS)))
        tokens = tokens[:MAX_TERMS]
    prefixes = [index for index, token in enumerate(tokens) if token.is_prefix]
    if len(prefixes) > MAX_PREFIXES:
        warnings.append(QueryWarning("too-many-beginnings", str(MAX_PREFIXES)))
        for index in prefixes[MAX_PREFIXES:]:
            tokens[index] = replace(tokens[index], text=tokens[index].text.rstrip("*"))
    parser = _Parser(tokens, now, warnings)
    expression: list[Clause] = []
    while parser.position < len(tokens):
        expression += parser.parse_sequence(depth=0)
    for index in sorted(parser.filters, reverse=True):
        start, end = tokens[index].span
        text = f"{text[:start]} {text[end:]}"
    filters = tuple(parser.filters.values())
    return ParsedQuery(tuple(expression), filters, " ".join(text.split()), tuple(warnings))


def _tokens(text: str) -> Iterator[_Token]:
    end = 0
    while match := _TOKEN.search(text, end):
        if match["comparison"] and not _is_field(match["name"]):
            # Not a filter: only its first word is read here.
            match = _WORD.match(text, match.start()) or match
        token, span, end = match[0], match.span(), match.end()
        sign = token[0] if token[0] in "+-" and len(token) > 1 else ""
        if match.re is _WORD:
            yield _Token("word", token.removeprefix(sign), sign, span)
        elif match["open"] or match["close"]:
            yield _Token("open" if match["open"] else "close", "", sign, span)
        elif match["quoted"]:
            yield _Token("phrase", match["phrase"], sign, span)
        elif match["field"]:
            value = match["value"] or match["comparison"]
            yield _Token("field", value, sign, span, match["name"])
        else:
            yield _Token("word", token.removeprefix(sign), sign, span)


def _is_field(name: str) -> bool:
    """Return True if a name before a comparison is that of a field, or nearly, with a key."""
    return resolve_field(name) is not None or nearest_field(name).endswith(")")


def _limit_depth(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Leave out parentheses below the deepest nesting, not what they hold."""
    depth = 0
    for token in tokens:
        depth += {"open": 1, "close": -1}.get(token.type, 0)
        is_too_deep = depth > MAX_NESTING - (token.type == "close")
        if not (is_too_deep and token.type in ("open", "close")):
            yield token
        depth = max(depth, 0)


class _Parser:
    """Reads tokens from left to right; `filters` are those that stand alone, by token."""

    def __init__(
        self, tokens: Sequence[_Token], now: datetime, warnings: list[QueryWarning]
    ) -> None:
        self.position = 0
        self.filters: dict[int, tuple[str, str]] = {}
        self._tokens, self._now, self._warnings = tokens, now, warnings

    def parse_sequence(self, depth: int) -> list[Clause]:
        """Read clauses up to the closing parenthesis."""
        # Each with the token that it is alone of, or None within an OR.
        clauses: list[tuple[Clause, int | None]] = []
        is_or = is_not = False
        while self.position < len(self._tokens):
            token, start = self._tokens[self.position], self.position
            self.position += 1
            if token.type == "close":
                break
            if token.type == "word" and not token.sign and token.text in _OPERATORS:
                is_or = is_or or token.text in ("OR", "|")
                is_not = is_not or token.text == "NOT"
                continue
            for clause in self._parse_token(token, depth):
                clause = Clause(clause.node, Occur.MUST_NOT) if is_not else clause
                before = clauses[-1][0] if is_or and clauses else None
                if before and Occur.MUST_NOT not in (before.occur, clause.occur):
                    clauses[-1] = _join(before, clause), None
                else:
                    clauses.append((clause, None if is_or else start))
            is_or = is_not = False
        return list(_flatten(clauses if depth else self._hoist_filters(clauses)))

    def _parse_token(self, token: _Token, depth: int) -> list[Clause]:
        if token.type == "open":
            return self._parse_group(token.sign, depth + 1)
        if token.type == "field":
            return self._parse_filter(token)
        if not any(map(str.isalnum, token.text)):
            return []
        occur = _OCCUR[token.sign]
        if token.type == "phrase":
            occur = Occur.MUST if occur is Occur.SHOULD else occur
            return [Clause(Phrase(token.text), occur)]
        text = token.text.rstrip("*") or token.text
        return _word_clauses(text, occur, is_prefix=token.is_prefix)

    def _parse_group(self, sign: str, depth: int) -> list[Clause]:
        clauses = self.parse_sequence(depth)
        is_excluding = all(clause.occur is Occur.MUST_NOT for clause in clauses)
        if is_excluding or (len(clauses) == 1 and not sign):
            return clauses
        return [Clause(And(tuple(clauses)), _OCCUR[sign])]

    def _parse_filter(self, token: _Token) -> list[Clause]:
        """Read a filter; where no field has nearly that name its text is searched for instead."""
        name = f"-{token.name}" if token.sign == "-" else token.name
        try:
            return [Clause(FilterNode(parse_filter(name, token.text, now=self._now)), Occur.MUST)]
        except InvalidFilter as error:
            warning = error.warning
        is_text = warning.code == "unknown-field" and not warning.offer
        if not (is_text and token.text.startswith("//")):
            self._warnings.append(warning)
        text = f"{token.name}:{token.text}".replace('"', " ")
        return _word_clauses(text, _OCCUR[token.sign]) if is_text else []

    def _hoist_filters(
        self, clauses: Sequence[tuple[Clause, int | None]]
    ) -> Iterator[tuple[Clause, int | None]]:
        """Take the filters that stand alone out of the query; they become parameters."""
        for clause, start in clauses:
            if start is None or self._tokens[start].type != "field":
                yield clause, start
            elif isinstance(clause.node, FilterNode):
                limits = clause.node.filter
                is_negated = limits.is_negated != (clause.occur is Occur.MUST_NOT)
                name = limits.parameter.removeprefix("-")
                self.filters[start] = (f"-{name}" if is_negated else name, limits.raw)
            else:
                yield clause, start


def _word_clauses(text: str, occur: Occur, *, is_prefix: bool = False) -> list[Clause]:
    """Return the clauses of a typed word: several where its script puts no spaces between words.

    An address is found whole or not at all.
    """
    if is_address(text) or (occur is not Occur.SHOULD and has_unspaced(text) and not is_prefix):
        return [Clause(Phrase(without_host(text)), occur)]
    if is_prefix:
        return [Clause(Term(text, is_prefix=True), occur)]
    return [Clause(Term(part), occur) for part in split_words(text)]


def _flatten(clauses: Iterable[tuple[Clause, int | None]]) -> Iterator[Clause]:
    """Parentheses matter next to OR and after a sign; elsewhere only their words do."""
    for clause, _ in clauses:
        if isinstance(clause.node, And) and clause.occur is Occur.SHOULD:
            yield from clause.node.clauses
        else:
            yield clause


def _join(clause: Clause, other: Clause) -> Clause:
    """Join two clauses by OR."""
    options = clause.node.options if isinstance(clause.node, Or) else (clause,)
    both_must = clause.occur is other.occur is Occur.MUST
    return Clause(Or((*options, other)), Occur.MUST if both_must else Occur.SHOULD)
