# Receives webhooks in Python, with the standard library only.
#
#   WEBHOOK_SECRET=whsec_… PORT=4000 python3 docs/examples/verify.py
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


def verify(headers, body):
    """Raises ValueError unless one of the signatures is ours and it was made within the last five minutes."""
    webhook_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if not webhook_id or abs(time.time() - int(timestamp or 0)) > 300:
        raise ValueError("no webhook, or too old")
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # Several signatures, separated by spaces, while a secret is being replaced.
    for signature in (headers["webhook-signature"] or "").split(" "):
        if hmac.compare_digest(signature.encode(), expected):
            return
    raise ValueError("no signature matches")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            verify(self.headers, body)
        except ValueError as error:
            print(f"refused: {error}", flush=True)
            self.send_response(401)
        else:
            event = json.loads(body)
            print(f"verified {event['id']} {event['type']}", flush=True)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


print("listening", flush=True)
HTTPServer(("", int(os.environ.get("PORT", 4000))), Receiver).serve_forever()
