"""The one editor: a form that reads, keeps what is typed, saves, and says why it was refused."""
