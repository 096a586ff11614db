// Verifies what a test gives it with the library `standardwebhooks`: {"secret", "headers", "body"} as JSON. Prints the event's type.
const { Webhook } = require("standardwebhooks");

const { secret, headers, body } = JSON.parse(process.argv[2]);
process.stdout.write(new Webhook(secret).verify(body, headers).type);
