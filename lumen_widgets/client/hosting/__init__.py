"""Where pictures that exist only here are put, so that the service can read them by URL."""
