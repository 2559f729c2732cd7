"""Pictures and masks: read, checked, fetched, shown in small, and saved."""
