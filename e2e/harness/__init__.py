"""What the tests share: a real server, its two APIs as a person would call them, and stand-ins for the platforms."""
