// Sends a family to the booking page of a practice: mints a booking token with the library `jose`, exchanges it for a launch
// link and prints the link. docs/partners.md tells the rest. Run it on your server, never in a browser: it has the secret.
//
//   npm install jose
//   BOOKING_PORTAL=https://portal.example.org BOOKING_ISSUER="Sunrise School" BOOKING_KEY_ID=… BOOKING_SECRET=… \
//     node mint.mjs PATIENT_NUMBER [TYPE [LOCATION]]
import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";

const { BOOKING_PORTAL, BOOKING_ISSUER, BOOKING_KEY_ID, BOOKING_SECRET } = process.env;
const [patient, type, location] = process.argv.slice(2);
// BOOKING_NOW is for the demo practice alone, where it is always morning: BOOKING_NOW=2026-11-24T08:14:00-08:00
const now = Math.floor((Date.parse(process.env.BOOKING_NOW) || Date.now()) / 1000);

// The bytes of the secret are its letters as they are shown: do not decode it.
const token = await new SignJWT({ ...(type && { type }), ...(location && { location }) })
  .setProtectedHeader({ alg: "HS256", typ: "rd-booking+jwt", kid: BOOKING_KEY_ID })
  .setIssuer(BOOKING_ISSUER)
  .setAudience("request-desk:booking")
  .setSubject(patient)
  .setJti(randomUUID())
  .setIssuedAt(now)
  .setExpirationTime(now + 300)
  .sign(new TextEncoder().encode(BOOKING_SECRET));

const answer = await fetch(`${BOOKING_PORTAL}/api/launch`, {
  method: "POST",
  headers: { authorization: `Bearer ${token}` },
});
const told = await answer.json();
if (answer.status !== 201) {
  console.error(`The practice answered ${answer.status}: ${told.error}`);
  process.exit(1);
}
console.log(told.launch_url);
