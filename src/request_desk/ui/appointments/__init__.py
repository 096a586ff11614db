"""The Appointments page: the overview of all appointments, one in full beside it, its export and its report."""
