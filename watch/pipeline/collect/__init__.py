"""Sources are read: what is new in a folder or a feed is matched and accepted."""

from watch.pipeline.collect.feeds import poll_due, poll_feed
from watch.pipeline.collect.folders import scan_folder, scan_folder_once

__all__ = ["poll_due", "poll_feed", "scan_folder", "scan_folder_once"]
