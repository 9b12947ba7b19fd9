"""What an expression of a policy reads: facts, functions and loops, before it is compiled; pure.

Its tokens are walked once. Operators do not matter for what is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from catalog.issues import closest, shortened
from governance.policies.fact_types import FactType, fact_types

MAX_LENGTH = 2_000
MAX_BRACKETS = 40
MAX_LOOPS = 2
LOOPS = frozenset({"all", "exists", "exists_one", "map", "filter"})
FUNCTIONS = frozenset(
    "size contains startsWith endsWith matches int uint double string bytes timestamp duration type"
    " getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes"
    " getSeconds has".split()
)
WORDS = frozenset({"true", "false", "null", "in"})
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>[rRbB]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''
        |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)[uU]?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||[<>=!]=|.)""",
    re.VERBOSE | re.DOTALL,
)
OPENING, CLOSING = "([{", ")]}"


class InvalidExpression(Exception):
    """An expression is refused; the text says why and what to do. `path` is where it is written."""

    def __init__(self, message: str, hint: str = "", path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message, self.hint, self.path = message, hint, path


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


@dataclass
class Reading:
    """What an expression reads: paths of facts outside of loops, and lists that it loops over.

    `loops` are the lists of loops, the outer one first. `universal` is set if the expression only
    says that all elements of a list meet a condition: the list, the variable, the condition.
    """

    paths: set[str] = field(default_factory=set)
    loops: list[tuple[str, ...]] = field(default_factory=list)
    universal: tuple[str, str, str] | None = None

    @property
    def reads_now(self) -> bool:
        return "now" in self.paths


def tokens_of(expression: str) -> list[Token]:
    """Return the tokens of an expression. Raises InvalidExpression if it is too long or nested."""
    if len(expression) > MAX_LENGTH:
        raise InvalidExpression(
            f"The expression has {len(expression):,} characters; {MAX_LENGTH:,} are allowed.",
            "Split it into several clauses.",
        )
    tokens, depth = [], 0
    for match in _TOKEN.finditer(expression):
        kind, text = str(match.lastgroup), match.group()
        if kind == "space":
            continue
        depth += (text in OPENING) - (text in CLOSING) if kind == "sign" else 0
        if depth > MAX_BRACKETS:
            raise InvalidExpression(f"Brackets are nested deeper than {MAX_BRACKETS}.")
        tokens.append(Token(kind, text))
    return tokens


def read_expression(expression: str) -> Reading:
    """Return what an expression reads.

    Raises InvalidExpression for unknown facts and functions, and for loops nested too deep.
    """
    tokens = tokens_of(expression)
    reader = _Reader(tokens)
    reader.read_until(len(tokens), {}, ())
    reader.result.universal = _split_universal(tokens)
    return reader.result


class _Reader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.position, self.result = tokens, 0, Reading()

    def read_until(
        self, end: int, variables: dict[str, FactType | None], loops: tuple[str, ...]
    ) -> None:
        while self.position < end:
            token = self.tokens[self.position]
            if token.kind == "name" and token.text not in WORDS:
                self._read_chain(variables, loops)
            elif token.text == ".":
                self._read_members(None, "", variables, loops)
            else:
                self.position += 1

    def _read_chain(self, variables: dict[str, FactType | None], loops: tuple[str, ...]) -> None:
        """Read a name with the members, indexes and calls that follow it."""
        name = self.tokens[self.position].text
        self.position += 1
        if self._next_is("("):
            _require_function(name)
            self._read_brackets(variables, loops)
            self._read_members(None, "", variables, loops)
        elif name in variables:
            self._read_members(variables[name], name, variables, loops)
        elif root := fact_types().member(name):
            self._read_members(root, name, variables, loops)
        else:
            raise _unknown(name, [*(known for known, _ in fact_types().members), *variables])

    def _read_members(
        self,
        fact: FactType | None,
        path: str,
        variables: dict[str, FactType | None],
        loops: tuple[str, ...],
    ) -> None:
        while True:
            if self._next_is("."):
                self.position += 1
                name = self._take_name()
                if self._next_is("("):
                    self._note(path, variables)
                    if name in LOOPS:
                        self._read_loop(fact, path, variables, loops)
                        fact = fact if name == "filter" else None
                    else:
                        _require_function(name)
                        self._read_brackets(variables, loops)
                        fact = None
                    path = ""
                else:
                    fact, path = _member(fact, path, name), f"{path}.{name}" if path else ""
            elif self._next_is("["):
                self._note(path, variables)
                self._read_brackets(variables, loops)
                fact, path = fact.element if fact else None, ""
            else:
                return self._note(path, variables)

    def _read_loop(
        self,
        fact: FactType | None,
        path: str,
        variables: dict[str, FactType | None],
        loops: tuple[str, ...],
    ) -> None:
        if len(loops) >= MAX_LOOPS:
            raise InvalidExpression(f"Loops are nested deeper than {MAX_LOOPS}.")
        if fact is not None and fact.kind != "list":
            raise InvalidExpression(f"{path} is a {fact.kind}, not a list.")
        inner = (*loops, path)
        self.result.loops.append(inner)
        end = self._closing_bracket()
        self.position += 1
        variable = self._take_name()
        element = fact.element if fact else None
        self.read_until(end, variables | {variable: element}, inner)
        self.position = end + 1

    def _read_brackets(self, variables: dict[str, FactType | None], loops: tuple[str, ...]) -> None:
        end = self._closing_bracket()
        self.position += 1
        self.read_until(end, variables, loops)
        self.position = end + 1

    def _note(self, path: str, variables: dict[str, FactType | None]) -> None:
        if path and path.split(".", 1)[0] not in variables:
            self.result.paths.add(path)

    def _next_is(self, text: str) -> bool:
        return self.position < len(self.tokens) and self.tokens[self.position].text == text

    def _take_name(self) -> str:
        if self.position >= len(self.tokens) or self.tokens[self.position].kind != "name":
            raise InvalidExpression("A name is missing after a dot or at the start of a loop.")
        self.position += 1
        return self.tokens[self.position - 1].text

    def _closing_bracket(self) -> int:
        """Return where the bracket at the position is closed."""
        depth = 0
        for index in range(self.position, len(self.tokens)):
            token = self.tokens[index]
            if token.kind == "sign":
                depth += (token.text in OPENING) - (token.text in CLOSING)
                if depth == 0:
                    return index
        raise InvalidExpression("A bracket is not closed.")


def _member(fact: FactType | None, path: str, name: str) -> FactType | None:
    if fact is None:
        return None
    member = fact.member(name)
    if member is None:
        place = path or "element"
        raise _unknown(f"{place}.{name}", [f"{place}.{known}" for known, _ in fact.members])
    return member


def _require_function(name: str) -> None:
    if name not in FUNCTIONS:
        raise InvalidExpression(
            f"There is no function {name}.",
            _did_you_mean(name, [*FUNCTIONS, *LOOPS]),
        )


def _unknown(path: str, known: Sequence[str]) -> InvalidExpression:
    return InvalidExpression(
        f"There is no fact {shortened(path)}.",
        _did_you_mean(path, known) or "The documentation of facts lists them all.",
    )


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    nearest = closest(name, known)
    return f"Did you mean {nearest}?" if nearest else ""


def _split_universal(tokens: Sequence[Token]) -> tuple[str, str, str] | None:
    """Split `list.all(variable, condition)`, if that is the whole expression."""
    texts = [token.text for token in tokens]
    for index in range(1, len(texts) - 4):
        if texts[index] == "(":
            break
    else:
        return None
    is_path = all(text == "." or tokens[i].kind == "name" for i, text in enumerate(texts[:index]))
    if not is_path or texts[index - 2 : index] != [".", "all"] or texts[index + 2] != ",":
        return None
    depth = 0
    for position, token in enumerate(tokens[index:], index):
        depth += (token.text in OPENING) - (token.text in CLOSING) if token.kind == "sign" else 0
        if depth == 0:
            if position != len(tokens) - 1:
                return None
            break
    condition = " ".join(texts[index + 3 : -1])
    return "".join(texts[: index - 2]), texts[index + 1], condition
