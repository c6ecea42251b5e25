"""Watches folders and feeds for what you track, and mails you what turned up and why."""

__version__ = "0.1.0"
