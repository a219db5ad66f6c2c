"""Breaks the rendered objects and the compose file, one break at a time, and wants the rule that is meant for it to see it.
A check that nothing can fail is none."""

import functools
import json

from . import images
from .breaks import BREAKS


def run(worlds, rules):
    """Breaks things. Returns how many breaks were not seen."""
    by_name = {world.name: world for world in worlds}
    # What a rule says about the whole, asked once.
    holds = functools.cache(lambda rule, where: next(iter(rule(by_name[where])), None) is None)
    missed = 0
    for what, where, break_it, rule in BREAKS:
        broken = by_name[where].copy()
        break_it(broken)
        # Seen by the rule meant for it, which sees nothing in the whole.
        seen = next(iter(rule(broken)), None)
        is_caught = seen is not None and holds(rule, where)
        name = f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"
        print(f"{'ok  ' if is_caught else 'FAIL'} broken: {what} ({where}): {name}: {seen or 'nobody noticed'}")
        missed += 0 if is_caught else 1
    untested = {rule for rule in rules} - {rule for *_, rule in BREAKS}
    for rule in untested:
        print(f"FAIL broken: nothing tries {rule.__module__}.{rule.__name__}")
    return missed + len(untested)


def run_composed(whole):
    """Breaks the compose file. Returns how many breaks were not seen."""
    missed = 0
    for what, break_it, rule in images.BREAKS:
        # Without what is shared between services: a break is of one of them.
        broken = images.Composed(whole.program, json.loads(json.dumps(whole.whole)))
        break_it(broken.services)
        seen = next(iter(rule(broken)), None)
        is_caught = seen is not None and next(iter(rule(whole)), None) is None
        print(
            f"{'ok  ' if is_caught else 'FAIL'} broken: {what} (compose): images.{rule.__name__}: {seen or 'nobody noticed'}"
        )
        missed += 0 if is_caught else 1
    return missed
