"""The pure middle of the house: values and rules; no asyncio, network, database, Textual or settings."""
