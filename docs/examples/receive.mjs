// Takes webhooks of a practice: verifies each with the library `standardwebhooks`, prints what it says, and takes what comes twice
// once. docs/webhooks.md tells the rest. It listens on this machine alone: put it behind your web server, which has the certificate.
//
//   npm install standardwebhooks
//   WEBHOOK_SECRET=whsec_… PORT=8080 node receive.mjs
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const MOST_BYTES = 20_000;
const seen = new Set(); // in your program: a table with a unique key, for as long as messages may come again

const server = createServer(async (request, response) => {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MOST_BYTES) return response.writeHead(413, { connection: "close" }).end();
    parts.push(part);
  }
  let event;
  try {
    // The bytes as they came: JSON that was read and written again has another signature.
    event = webhook.verify(Buffer.concat(parts), request.headers);
  } catch {
    return response.writeHead(400).end();
  }
  const id = request.headers["webhook-id"];
  if (!seen.has(id)) {
    seen.add(id);
    console.log(`${event.type} ${JSON.stringify(event.data)}`);
  }
  response.writeHead(204).end(); // at once; what takes long is done afterwards
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
