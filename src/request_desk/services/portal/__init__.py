"""What a signed-in parent may ask for and see."""
