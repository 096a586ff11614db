"""The patients' pages: forms, threads and sign-in by one-time code; rules and tables live elsewhere."""
