"""Sends a family to the booking page of a practice: mints a booking token with the library `joserfc`, exchanges it for a launch
link and prints the link. docs/partners.md tells the rest. Run it on your server: it has the secret.

    pip install joserfc
    BOOKING_PORTAL=https://portal.example.org BOOKING_ISSUER="Sunrise School" BOOKING_KEY_ID=… BOOKING_SECRET=… \
      python mint.py PATIENT_NUMBER [TYPE [LOCATION]]
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime

from joserfc import jwt
from joserfc.jwk import OctKey

patient, *scope = sys.argv[1:]
# BOOKING_NOW is for the demo practice alone, where it is always morning: BOOKING_NOW=2026-11-24T08:14:00-08:00
told = os.environ.get("BOOKING_NOW")
now = int(datetime.fromisoformat(told).timestamp() if told else time.time())
claims = {
    "iss": os.environ["BOOKING_ISSUER"],
    "aud": "request-desk:booking",
    "sub": patient,
    "jti": str(uuid.uuid4()),
    "iat": now,
    "exp": now + 300,
} | dict(zip(("type", "location"), scope))

# The bytes of the secret are its letters as they are shown: do not decode it.
key = OctKey.import_key(os.environ["BOOKING_SECRET"])
header = {"alg": "HS256", "typ": "rd-booking+jwt", "kid": os.environ["BOOKING_KEY_ID"]}
token = jwt.encode(header, claims, key, algorithms=["HS256"])

request = urllib.request.Request(
    os.environ["BOOKING_PORTAL"] + "/api/launch", method="POST", headers={"Authorization": f"Bearer {token}"}
)
try:
    with urllib.request.urlopen(request) as answer:
        print(json.load(answer)["launch_url"])
except urllib.error.HTTPError as refused:
    print(f"The practice answered {refused.code}: {json.load(refused)['error']}", file=sys.stderr)
    sys.exit(1)
