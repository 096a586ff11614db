"""What the program does by itself: send what is due, let holds expire, wake what waits, sweep."""
