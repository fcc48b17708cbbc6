import { freePort } from "@heliograph/testkit";
import { ClassicDevice } from "./classic-device.ts";
import { leastCpu, table, type Contender } from "./figures.ts";
import { inParallel } from "./in-parallel.ts";
import { serveHeliograph, type ServedHeliograph } from "./served-heliograph.ts";
import { serveBare } from "./served-process.ts";
import { bareOf, say, type Exchange } from "./wire.ts";

const FEW = 20;
const MANY = 5_000;
const DEVICES = 300;
/** As many as are on their way at any time where a million devices inform every five minutes. */
const AT_ONCE = 64;
/** Devices that come for the first time, or tell all they have, at the same time. */
const AT_ONCE_BEFORE = 4;
/** A process runs for months: its first rounds, in which its code is still being compiled, are not the least. */
const ROUNDS = 24;
const SESSIONS = 1_500;

interface Population {
  readonly acs: ServedHeliograph;
  readonly devices: readonly ClassicDevice[];
}

/** Devices with credentials of their own, all of whose parameters the ACS has read. */
async function population(acs: ServedHeliograph, parameters: number): Promise<Population> {
  const devices: ClassicDevice[] = [];
  await inParallel({ count: DEVICES, atOnce: AT_ONCE_BEFORE }, async (serial) => {
    const device = await ClassicDevice.enrolled({ acsUrl: acs.acsUrl, serial, parameters });
    const params = { ParameterNames: ["Device."] };
    const read = { method: "GetParameterValues", params, wait: 60 };
    const { state } = await acs.client.operations.create(device.key, read);
    if (state !== "done") throw new Error(`the parameters of ${device.key} are ${state}`);
    devices.push(device);
  });
  return { acs, devices };
}

/** A heartbeat of one device after another; it takes two POSTs by the nonce it knows, and three where it is challenged. */
function heartbeats({ acs, devices }: Population, posts: 2 | 3): Contender {
  const run = async (turn: number): Promise<void> => {
    await heartbeat(devices[turn % devices.length], posts);
  };
  return { server: acs.process, run };
}

async function heartbeat(device: ClassicDevice | undefined, posts: 2 | 3): Promise<readonly Exchange[]> {
  if (posts === 3) device?.forgetNonce();
  await device?.session("2 PERIODIC");
  const said = device?.said ?? [];
  if (said.length !== posts) throw new Error(`a heartbeat took ${said.length} POSTs, not ${posts}`);
  return said;
}

await using fewAcs = await serveHeliograph();
await using manyAcs = await serveHeliograph();
const [few, many] = [await population(fewAcs, FEW), await population(manyAcs, MANY)];
const port = await freePort();
await using bare = await serveBare(port);

/** The same messages, answered by as many bytes. */
async function bareHeartbeats(posts: 2 | 3): Promise<Contender> {
  const messages = bareOf(await heartbeat(few.devices[0], posts));
  return { server: bare, run: () => say(port, messages) };
}

const contenders = [heartbeats(few, 2), heartbeats(many, 2), await bareHeartbeats(2)];
const challenged = [heartbeats(few, 3), heartbeats(many, 3), await bareHeartbeats(3)];
const rounds = { rounds: ROUNDS, turns: SESSIONS, atOnce: AT_ONCE };
const [two = 0, twoMany = 0, bareTwo = 0, three = 0, threeMany = 0, bareThree = 0] = await leastCpu(
  [...contenders, ...challenged],
  rounds,
);
for (const device of [...few.devices, ...many.devices]) device[Symbol.dispose]();

console.log(
  `Heartbeats of ${DEVICES} devices, ${AT_ONCE} at a time: the least CPU of ${ROUNDS} rounds of ${SESSIONS} sessions\n`,
);
console.log(
  table(
    ["CPU", "promised"],
    [
      ["nonce known : two bare POSTs", two / bareTwo, "at most 4"],
      ["challenged : three bare POSTs", three / bareThree, "at most 4"],
      ["5,000 parameters : 20, nonce known", twoMany / two, "0.9 to 1.1"],
      ["5,000 parameters : 20, challenged", threeMany / three, "0.9 to 1.1"],
    ],
  ),
);
console.log(
  `\n${table(
    ["CPU ms"],
    [
      ["nonce known, 20 parameters stored", two],
      ["nonce known, 5,000 parameters stored", twoMany],
      ["two POSTs to a bare node:http", bareTwo],
      ["challenged, 20 parameters stored", three],
      ["challenged, 5,000 parameters stored", threeMany],
      ["three POSTs to a bare node:http", bareThree],
    ],
  )}`,
);
