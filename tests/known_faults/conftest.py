"""What the tests of known faults share: the service and the clients of the client's own tests."""

from tests.client.conftest import _own_scheduler, connect, service

__all__ = ["_own_scheduler", "connect", "service"]
