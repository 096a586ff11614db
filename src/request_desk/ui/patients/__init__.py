"""The Patients page: the list, one patient in full, and the forms for patients and contacts."""
