"""Slots, holds and appointments: what is free, who has it, what becomes of it."""
