"""Video meetings at the desk: who is next, who waits in the lobby, and the way in."""
