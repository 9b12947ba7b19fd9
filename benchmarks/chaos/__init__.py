"""Chaos: an installation is written to and read while its parts are killed; a ledger is witness.

`ledger` keeps what was acknowledged and `judge` compares it with what stands and what was read
(both pure); `installation` and `servers` start the real product and kill its parts; `writing`,
`reading` and `faults` are the threads, `storm` runs them all, `record` says what came out.
"""
