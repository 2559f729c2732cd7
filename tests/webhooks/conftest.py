"""What the tests of webhooks share: a scheduler and clients of their own, as the client's tests."""

from tests.client.conftest import _own_scheduler, connect, service

__all__ = ["_own_scheduler", "connect", "service"]
