"""The only room that knows the database: functions take and return core values.

Each function takes a `Transaction` first and does its part of it; `Store.write` and
`Store.read` begin and end transactions. Rows never leave this room.
"""
