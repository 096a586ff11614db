"""How fast Request Desk is, against the limits of the same machine in the same minute: `./desk bench`."""
