"""One HTTP request on its way to the service and back."""
