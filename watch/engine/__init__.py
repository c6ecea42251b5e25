"""What turns due work into calls: `schedule` says what is looked at how often, `local` does it."""
