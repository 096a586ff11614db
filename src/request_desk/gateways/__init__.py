"""The outside world: mail, the key store, the mail catcher of the demo; what is sent and when is decided elsewhere."""
