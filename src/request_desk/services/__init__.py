"""Use cases: one public function each, first argument a `Unit`; nothing here is sent anywhere or shown to anybody."""
