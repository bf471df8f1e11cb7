"""What instances share in Redis beside their frames. Each part works without it, for one instance
alone, and goes on so while Redis is away."""
