"""Tables, connections, journal and migrations; used by services and wired by `app`, seen by nobody else."""
