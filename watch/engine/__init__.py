"""What turns due work into calls."""
