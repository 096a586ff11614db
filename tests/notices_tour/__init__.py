"""A walk through every event that leaves the practice, over every channel, on a fresh demo practice; `./desk tour --notices --out DIR`."""
