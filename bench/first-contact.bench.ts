import { freePort } from "@heliograph/testkit";
import { ClassicDevice } from "./classic-device.ts";
import { leastCpu, table } from "./figures.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import { serveBare } from "./served-process.ts";
import { bareOf, say, type Exchange } from "./wire.ts";

const PARAMETERS = 200;
const AT_ONCE = 16;
const ROUNDS = 6;
const DEVICES = 500;

await using acs = await serveHeliograph();
const port = await freePort();
await using bare = await serveBare(port);

/** Comes from nothing, is taken in, and is given credentials of its own. */
async function firstContact(serial: number): Promise<readonly Exchange[]> {
  using device = new ClassicDevice({
    ...{ acsUrl: acs.acsUrl, serial },
    ...{ parameters: PARAMETERS, informed: PARAMETERS },
  });
  await device.session("0 BOOTSTRAP", "1 BOOT");
  return device.said;
}

// Nobody who comes in a round has this serial number.
const messages = bareOf(await firstContact(ROUNDS * DEVICES));
const contenders = [
  { server: acs.process, run: firstContact },
  { server: bare, run: () => say(port, messages) },
];
const [ours = 0, baseline = 0] = await leastCpu(contenders, {
  ...{ rounds: ROUNDS, turns: DEVICES, atOnce: AT_ONCE },
});

const bytes = Buffer.byteLength(messages[0] ?? "");
console.log(
  `First contacts of devices that tell ${PARAMETERS} parameters in an Inform of ${bytes} bytes, ${AT_ONCE} at a time:\n` +
    `the least CPU of ${ROUNDS} rounds of ${DEVICES} devices\n`,
);
console.log(table(["CPU"], [[`first contact : ${messages.length} bare POSTs`, ours / baseline]]));
console.log(
  `\n${table(
    ["CPU ms"],
    [
      ["first contact, credentials included", ours],
      [`${messages.length} POSTs to a bare node:http`, baseline],
    ],
  )}`,
);
