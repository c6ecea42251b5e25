"""The only room that knows the database: functions take and return core values."""
