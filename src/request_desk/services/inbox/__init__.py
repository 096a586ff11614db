"""The life of a request: arriving, routing, marks, answering, searching."""
