"""Pages of search: the results, their CSV and feed, and autocomplete."""
