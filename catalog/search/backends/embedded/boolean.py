"""Tantivy queries put together: all of, any of, without, rather."""

from collections.abc import Sequence

from tantivy import Occur, Query


def silent(query: Query) -> Query:
    """A filter: narrows and does not rank."""
    return Query.const_score_query(query, 0)


def any_of(queries: Sequence[Query]) -> Query:
    """At least one; nothing for none."""
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def all_of(queries: Sequence[Query]) -> Query:
    """Every one; nothing for none."""
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def narrowed(query: Query, filters: Sequence[Query]) -> Query:
    """The query within the filters."""
    return all_of([query, *map(silent, filters)])


def preferring(query: Query, better: Sequence[Query]) -> Query:
    """The query's documents, those first that meet more of the others."""
    wished = [(Occur.Should, other) for other in better]
    return Query.boolean_query([(Occur.Must, query), *wished]) if better else query


def without(query: Query, unwanted: Sequence[Query]) -> Query:
    """The query's documents but for the unwanted."""
    shut_out = [(Occur.MustNot, other) for other in unwanted]
    return Query.boolean_query([(Occur.Must, query), *shut_out]) if unwanted else query


def unlike(query: Query) -> Query:
    """Everything else."""
    return without(Query.all_query(), [query])
