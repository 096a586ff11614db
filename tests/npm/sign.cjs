// Signs what a test gives it with the library `jsonwebtoken`: {"secret", "header", "claims", "options"} as JSON.
const jwt = require("jsonwebtoken");

const { secret, header, claims, options } = JSON.parse(process.argv[2]);
process.stdout.write(jwt.sign(claims, secret, { ...options, header }));
