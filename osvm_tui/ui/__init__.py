"""The Textual console: it reads services, posts messages and owns no facts."""
