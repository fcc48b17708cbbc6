// The small ACS of tokens as a process of its own, until it is ended.
// Usage: node run-small-acs.ts [--breaks rule] [--user name --password password] [--cert file --key file]
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SmallAcs } from "./small-acs.ts";
import { tokenVoice } from "./token-acs.ts";

const text = { type: "string" } as const;
const { breaks, user, password, cert, key } = parseArgs({
  options: { breaks: text, user: text, password: text, cert: text, key: text },
}).values;
const read = (file: string): string => readFileSync(file, "utf8");
const acs = await SmallAcs.open({
  subprotocol: "cwmp.json",
  voice: (line) => tokenVoice(line, breaks),
  breaks,
  ...(user === undefined || password === undefined ? {} : { login: { user, password } }),
  ...(cert === undefined || key === undefined ? {} : { tls: { cert: read(cert), key: read(key) } }),
});
process.stdout.write(`${acs.url}\n`);
