"""The steps that work is made of: collect, match, alert, deliver, upkeep. Engine-blind.

A step is `async def step(context, *, small_json) -> Sequence[Job]`. It makes at most one
transaction before its effect and one after, may be run twice, and returns what should happen
next without starting it: the rows are the truth, a job is a hint.
"""
