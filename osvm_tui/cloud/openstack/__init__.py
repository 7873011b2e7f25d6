"""The real cloud: openstacksdk's credentials, catalog and session under our own limits and errors."""
