"""That nothing is lost: kills at every point, rules cut at every byte, an hour under load."""
