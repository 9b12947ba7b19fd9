"""How well search finds what is known to be there, and what it makes of typos and odd queries."""
