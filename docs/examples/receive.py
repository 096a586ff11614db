"""Takes webhooks of a practice: verifies each with the library `standardwebhooks`, prints what it says, and takes what comes twice
once. docs/webhooks.md tells the rest. It listens on this machine alone: put it behind your web server, which has the certificate.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_… PORT=8080 python receive.py
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["WEBHOOK_SECRET"])
MOST_BYTES = 20_000
seen = set()  # in your program: a table with a unique key, for as long as messages may come again


class Receiver(BaseHTTPRequestHandler):
    """Answers each message."""

    timeout = 15  # seconds; whoever is slower is no practice

    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        if not 0 <= size <= MOST_BYTES:
            self.answer(413)
            return
        body = self.rfile.read(size)
        try:
            # The bytes as they came: JSON that was read and written again has another signature.
            event = WEBHOOK.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            self.answer(400)
            return
        if self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            print(event["type"], json.dumps(event["data"]), flush=True)
        self.answer(204)  # at once; what takes long is done afterwards

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_request(self, *told):
        """Keep the terminal for the events."""


with ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Receiver) as server:
    print("listening on", server.server_port, flush=True)
    server.serve_forever()
