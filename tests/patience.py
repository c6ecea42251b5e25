"""How long a test waits for what is sure to come."""

DEADLINE_S = 120.0
"""Machines are shared, and their disks stand still at times; nothing here takes a tenth of this.

What is to be quick is counted in seconds of the processor, or given sizes at which any other way
would take hours.
"""
