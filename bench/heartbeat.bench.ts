import { freePort } from "@heliograph/testkit";
import { ClassicDevice } from "./classic-device.ts";
import { cpuByRound, quartersOf, ratios, table, type Contender, type Row } from "./figures.ts";
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
const ROUNDS = 30;
/** A process runs for months: its first rounds, in which its code is still being compiled, do not count. */
const FIRST_ROUNDS = 10;
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
const spent = await cpuByRound([...contenders, ...challenged], rounds);
const [two = [], twoMany = [], bareTwo = [], three = [], threeMany = [], bareThree = []] = spent.map(
  (costs) => costs.slice(FIRST_ROUNDS),
);
for (const device of [...few.devices, ...many.devices]) device[Symbol.dispose]();

function spread(name: string, values: readonly number[], ...more: readonly string[]): Row {
  const { low, middle, high } = quartersOf(values);
  return [name, middle, low, high, ...more];
}

console.log(
  `Heartbeats of ${DEVICES} devices, ${AT_ONCE} at a time: ${ROUNDS - FIRST_ROUNDS} rounds of ${SESSIONS} sessions each,\n` +
    `by turns; half of the rounds lie between the quarters\n`,
);
console.log(
  table(
    ["CPU", "low", "high", "promised"],
    [
      spread("nonce known : two bare POSTs", ratios(two, bareTwo), "at most 4"),
      spread("challenged : three bare POSTs", ratios(three, bareThree), "at most 4"),
      spread("5,000 parameters : 20, nonce known", ratios(twoMany, two), "0.9 to 1.1"),
      spread("5,000 parameters : 20, challenged", ratios(threeMany, three), "0.9 to 1.1"),
    ],
  ),
);
console.log(
  `\n${table(
    ["CPU ms", "low", "high"],
    [
      spread("nonce known, 20 parameters stored", two),
      spread("nonce known, 5,000 parameters stored", twoMany),
      spread("two POSTs to a bare node:http", bareTwo),
      spread("challenged, 20 parameters stored", three),
      spread("challenged, 5,000 parameters stored", threeMany),
      spread("three POSTs to a bare node:http", bareThree),
    ],
  )}`,
);
