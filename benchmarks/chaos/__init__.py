"""Chaos: kills the parts of a running deployment under load, and checks every write.

`history` records what was requested and acknowledged, and `verdict` compares it with the database
and with all that was read (both pure); `deployment` and `servers` start the real product and kill
its parts; `writing`, `reading` and `faults` are the threads, `run` runs them all, `final_checks`
waits for the recovery, `output` prints the result.
"""
