"""The engine is tried on the same desk as the steps."""

from tests.pipeline.conftest import desk, empty_database, sandbox, server

__all__ = ["desk", "empty_database", "sandbox", "server"]
