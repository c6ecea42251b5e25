"""The pure core: no disk, no net, no clock, no logging, no database. `now` is an argument."""
