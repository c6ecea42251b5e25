"""The steps that work is made of: collect, match, alert, deliver, upkeep. Engine-blind."""
