"""The outside world to documents: folders, feeds, rule files; hostile bytes go to a child."""
