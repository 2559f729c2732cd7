"""What the tests of known faults share: the service and the clients of the client's own tests."""

from tests.client.conftest import connect, service

__all__ = ["connect", "service"]
