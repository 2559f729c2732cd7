"""The thin client: what the service's page says and nothing else. It imports none of ours."""
