"""What the tests of webhooks share: a service and clients of it, as the client's tests."""

from tests.client.conftest import connect, service

__all__ = ["connect", "service"]
