"""`make bench`: how fast the matcher is, beside references measured in the same run."""
