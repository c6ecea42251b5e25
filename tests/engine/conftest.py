"""The engine is tried on the same desk as the steps."""

from tests.pipeline.conftest import desk

__all__ = ["desk"]
