"""The command line: one module per verb or family of verbs, each thin."""
