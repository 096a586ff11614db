"""Patients with their households, and the staff who may sign in."""
