"""Odd queries that search must answer without an error; pure."""

from collections.abc import Iterator
from random import Random

_FIXED = (
    "",
    "   ",
    "a" * 10_000,
    "word " * 1000,
    " ".join(f"word{number}" for number in range(1000)),
    " ".join(f"misspeled{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(60)),
    "the of and to in is it with",
    "?!.,;:-_/\\|~^*()[]{}<>",
    "*",
    "*a*b*",
    "a* " * 250,
    "* " * 250,
    '"unbalanced',
    '"' * 333,
    '"" "" -"" +""',
    "(" * 500 + "x" + ")" * 500,
    "(" * 2000,
    ")" * 2000,
    "-(a -(b -(c -(d -(e -(f -(g -(h -(i -(j",
    "- -- --- + ++ -+ +-",
    "OR OR AND NOT | OR",
    "a OR",
    "OR a",
    "NOT NOT a",
    "-a -b -c",
    "\0orders\0",
    "\ud800 \udfff x\udc00",
    "\u202eorders\u202c \u200b\u200d\ufeff",
    "שלום עולם مرحبا بالعالم",
    "データ 目录 데이터",
    "🙂🙃 👩‍👩‍👧‍👦 🇫🇷",
    "a" + "\u0301" * 400,
    "İ" * 200,
    "ﬀ" * 300,
    "[a-z]+(?:x|y)*$ ^.*(a+)+$",
    "name:(foo OR bar~2)^4 AND [1 TO 5} _exists_:x text:/a.*/",
    '{"query": {"match_all": {}}}',
    "' OR 1=1 --; <script>alert(1)</script> {{7*7}} ${x} %00%ff",
    "domain:🙂 sensitivity:nobody slo:maybe type:thing is:unknown",
    "quality:>=banana quality:1e400 quality:>=99999999999999 latency:<<5",
    "updated:<99999999999d updated:9999-99-99 updated:0001-01-01..9999-12-31 certified:..",
    "updated:>999999999999y certified:-999999999999y",
    "min_share(sex)>=nan min_share()>=0.4 min_share((((>=1 max_gap.x:<inf",
    "min_share(" + "x" * 400 + ")>=0.4",
    ": :: a:b:c http://[::1 urn: iri:",
    "tag:" + ",".join(f"t{number}" for number in range(200)),
    '-domain:"' + "x" * 400,
    "1" * 500,
    "-".join("abcdefghij" * 25),
    "a.b" * 160,
)
_PIECES = (
    *'"()*:-+|~^[]{}<>=,;\\/',
    " ",
    " OR ",
    " NOT ",
    " -",
    "domain:",
    "quality>=",
    "min_share(sex)",
    "updated:<",
    "the",
    "data",
    "\0",
    "\ud83d",
    "é",
    "ض",
    "語",
    "🙂",
    "\u0301",
    "\u202e",
    "0",
    "9" * 30,
    "zzz" * 20,
)
MAX_PIECES = 200


def fuzz_queries(*, count: int, seed: int) -> Iterator[str]:
    """Yield the fixed queries, then random strings of pieces of the grammar, `count` in all."""
    yield from _FIXED[:count]
    random = Random(seed)
    for _ in range(count - len(_FIXED)):
        yield "".join(random.choices(_PIECES, k=random.randint(1, MAX_PIECES)))
