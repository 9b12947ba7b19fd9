"""The SQL that people write for checks: parsed, limited to reading, and generated again; pure.

An engine is never given the text itself. What is not on the lists of this module is refused, so
a statement that writes, attaches, reads a file, sleeps or calls an unknown function never runs.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from governance.sandbox.checks import MAX_SQL_LENGTH
from governance.sandbox.types import SourceUnreadable

# Engines of the sandbox by their names in SQLAlchemy, and in sqlglot.
DIALECTS = {
    "duckdb": "duckdb",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
OPERATORS = """
Alias Add And Between Boolean Bracket Cast TryCast Case Collate Column DataType DataTypeParam Div
DPipe Dot EQ Escape GT GTE Identifier If ILike In IntDiv Interval Is Like Literal LT LTE Mod
Mul NEQ Neg Not Null NullSafeEQ NullSafeNEQ Or Paren RawString RegexpILike RegexpLike SafeDivide
SimilarTo Sub Tuple Var Xor
""".split()
FUNCTIONS = """
Abs ArrayContains ArraySize Cbrt Ceil Coalesce Concat ConcatWs Contains CurrentDate
CurrentTimestamp Cos Date DateAdd DateDiff DateSub DateTrunc Day DayOfMonth DayOfWeek DayOfYear
EndsWith Exp Extract Floor Greatest Hour Initcap IsInf IsNan JSONExtract JSONExtractScalar
JSONPath JSONPathKey JSONPathRoot JSONPathSubscript Least Left Length Ln Log Lower MD5 Minute Month
Nullif Pow Quarter RegexpFullMatch Replace Reverse Right Round Second Sign Sin Split SplitPart Sqrt
StartsWith StrPosition StrToDate StrToTime Substring TimestampTrunc ToChar Trim Trunc TsOrDsAdd
TsOrDsToDate TsOrDsToTimestamp TsOrDsDiff Upper Week WeekOfYear Year YearOfWeek
""".split()
QUERIES = """
AnyValue ApproxDistinct ApproxQuantile ArgMax ArgMin Avg Corr Count CountIf CTE CovarPop CovarSamp
CumeDist DenseRank Distinct Except Exists Filter FirstValue From Group Having Intersect Join Lag
LastValue Lead Limit LogicalAnd LogicalOr Max Median Min Mode Offset Order Ordered PercentileCont
PercentRank Quantile Rank RowNumber Select Star Stddev StddevPop StddevSamp Subquery Sum Table
TableAlias Union Variance VariancePop Where Window WindowSpec With WithinGroup
""".split()
# Functions that sqlglot does not know by a class of their own.
UNTYPED_FUNCTIONS = frozenset("strlen now isfinite char_length octet_length typeof mod".split())
HINT_OF_EXPRESSIONS = "An expression compares the columns of one row, such as: paid_on >= sent_on"
HINT_OF_STATEMENTS = "It is one SELECT of one number, such as: SELECT count(*) FROM orders"


class InvalidCheckSQL(SourceUnreadable):
    """The text of a check is not SQL that may run; `hint` says what may."""

    def __init__(self, detail: str, hint: str) -> None:
        super().__init__("invalid-sql", detail)
        self.hint = hint


@dataclass(frozen=True)
class CheckSQL:
    """SQL that may run, written for an engine, and the columns that it names."""

    sql: str
    columns: frozenset[str]


@dataclass(frozen=True)
class Scope:
    """The tables that SQL may read: their names there, and in the engine.

    With `has_others` it may read all tables of the schema, except those of the system.
    """

    tables: Mapping[str, str]
    schema: str = ""
    has_others: bool = False

    def table_of(self, name: str) -> str:
        known = {alias.casefold(): table for alias, table in self.tables.items()}
        return known.get(name, "")


def parse_expression(
    text: str, engine: str, column: Callable[[str], str] = lambda name: name
) -> CheckSQL:
    """Return a boolean expression on one row, its columns renamed. Raises InvalidCheckSQL.

    `engine` is a name of SQLAlchemy's; `column` returns what a column is called in the statement,
    and raises SourceUnreadable if there is none.
    """
    tree = _parse(text, engine, HINT_OF_EXPRESSIONS)
    _require_allowed(tree, frozenset(OPERATORS + FUNCTIONS), HINT_OF_EXPRESSIONS)
    names = set()
    for node in list(tree.find_all(exp.Column)):
        name = ".".join(part.name for part in node.parts)
        names.add(name)
        node.replace(exp.column(exp.to_identifier(column(name), quoted=True)))
    if not names:
        raise InvalidCheckSQL("It names no column.", HINT_OF_EXPRESSIONS)
    return CheckSQL(_written(tree, engine), frozenset(names))


def parse_statement(
    text: str, engine: str, scope: Scope, classified: Collection[str] = ()
) -> CheckSQL:
    """Return one SELECT over the tables that may be read. Raises InvalidCheckSQL.

    Columns in `classified` may be compared and counted, and no value of them selected.
    """
    tree = _parse(text, engine, HINT_OF_STATEMENTS)
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        raise InvalidCheckSQL(f"{_kind(tree)} is not a SELECT.", HINT_OF_STATEMENTS)
    allowed = frozenset(OPERATORS + FUNCTIONS + QUERIES)
    _require_allowed(tree, allowed, HINT_OF_STATEMENTS)
    if any(node.args.get("recursive") for node in tree.find_all(exp.With)):
        raise InvalidCheckSQL("A recursive query may never end.", HINT_OF_STATEMENTS)
    if tree.find(exp.Select) is None:
        raise InvalidCheckSQL("It selects nothing.", HINT_OF_STATEMENTS)
    if classified:
        _require_no_values(tree, {name.casefold() for name in classified})
    own = {cte.alias.casefold() for cte in tree.find_all(exp.CTE)}
    for node in list(tree.find_all(exp.Table)):
        _require_table(node, own, scope)
        if node.name.casefold() not in own:
            _rename_table(node, scope)
    columns = frozenset(node.name for node in tree.find_all(exp.Column))
    return CheckSQL(_written(tree, engine), columns)


def limited_sql(known: CheckSQL) -> str:
    """Return a statement of which two rows are read: enough to know that there is more than one."""
    return f"SELECT * FROM ({known.sql}) AS q LIMIT 2"  # noqa: S608 - written by this module


def _require_no_values(tree: exp.Expression, classified: set[str]) -> None:
    for node in tree.find_all(exp.Column, exp.Star):
        is_value = isinstance(node, exp.Star) or node.name.casefold() in classified
        hidden_by = (exp.Where, exp.Having, exp.Count, exp.CountIf, exp.Predicate)
        if is_value and node.find_ancestor(*hidden_by) is None:
            name = "*" if isinstance(node, exp.Star) else node.name
            detail = f"{name} is classified: it may be counted and compared, but not selected."
            raise InvalidCheckSQL(detail, HINT_OF_STATEMENTS)


def _require_table(node: exp.Table, own: set[str], scope: Scope) -> None:
    name = node.name.casefold()
    if not isinstance(node.this, exp.Identifier) or node.args.get("version"):
        raise InvalidCheckSQL(f"{node.name or 'A function'} is no table.", HINT_OF_STATEMENTS)
    if node.db or node.catalog:
        detail = f"{node.sql()}: a table is named without its schema."
        raise InvalidCheckSQL(detail, HINT_OF_STATEMENTS)
    if name in own or scope.table_of(name):
        return
    if not scope.has_others or name.startswith(("pg_", "sqlite_")):
        names = ", ".join(scope.tables)
        detail = f"It reads the table {node.name}. It may read {names}."
        raise InvalidCheckSQL(detail, HINT_OF_STATEMENTS)


def _rename_table(node: exp.Table, scope: Scope) -> None:
    """Name a table as the engine knows it, and let columns name it as before."""
    alias = node.alias or node.name
    if actual := scope.table_of(node.name.casefold()):
        node.set("this", exp.to_identifier(actual, quoted=True))
    if scope.schema:
        node.set("db", exp.to_identifier(scope.schema, quoted=True))
    node.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))


def _parse(text: str, engine: str, hint: str) -> exp.Expression:
    if len(text) > MAX_SQL_LENGTH:
        raise InvalidCheckSQL(f"It has more than {MAX_SQL_LENGTH:,} characters.", hint)
    if engine not in DIALECTS:
        raise InvalidCheckSQL(f"SQL of {engine} is not understood here.", hint)
    try:
        parsed = sqlglot.parse(text, dialect=DIALECTS[engine])
        statements = [tree for tree in parsed if tree is not None]
    except RecursionError as error:
        raise InvalidCheckSQL("It is nested too deeply.", hint) from error
    except SqlglotError as error:
        raise InvalidCheckSQL(_place(error), hint) from error
    except Exception as error:  # a parser of any text that people write
        raise InvalidCheckSQL("It cannot be parsed.", hint) from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Expression):
        count = len(statements) or "no"
        raise InvalidCheckSQL(f"There are {count} statements in place of one.", hint)
    return statements[0]


def _place(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    if not details:
        return "Its quotes or brackets do not end."
    return f"It cannot be parsed at line {details[0]['line']}, near “{details[0]['highlight']}”."


def _require_allowed(tree: exp.Expression, allowed: frozenset[str], hint: str) -> None:
    for node in tree.walk():
        if isinstance(node, exp.Anonymous):
            if node.name.casefold() not in UNTYPED_FUNCTIONS:
                raise InvalidCheckSQL(f"The function {node.name} is not allowed.", hint)
        elif type(node).__name__ not in allowed:
            raise InvalidCheckSQL(f"{_kind(node)} is not allowed.", hint)
        if isinstance(node, exp.Select) and (node.args.get("into") or node.args.get("locks")):
            raise InvalidCheckSQL("A SELECT may neither write nor lock.", hint)


def _kind(node: exp.Expr) -> str:
    """Return what a part of SQL is called: by its keyword where it has one."""
    if isinstance(node, exp.Func):
        return f"The function {node.sql_name()}"
    if isinstance(node, exp.Command):
        return str(node.this).upper()
    return node.key.upper()


def _written(tree: exp.Expression, engine: str) -> str:
    return tree.sql(dialect=DIALECTS[engine], comments=False)
