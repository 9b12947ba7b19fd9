"""Components of pages that are more than markup: what macros ask and filters show."""
