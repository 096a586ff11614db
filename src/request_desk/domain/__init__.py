"""Pure rules and values of the practice: no SQL, no Qt, no network, no clock reading except in `clock`."""
