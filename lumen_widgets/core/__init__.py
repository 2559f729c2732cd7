"""The thin client: what the API documentation says and nothing else. It imports none of ours."""
