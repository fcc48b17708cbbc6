import { once } from "node:events";
import { freePort } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { ClassicDevice } from "./classic-device.ts";
import { measure, table, type Figures, type Row } from "./figures.ts";
import { attachDevice } from "./light-device.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import { serveBare } from "./served-process.ts";
import { bareOf, postText, say, Wire } from "./wire.ts";

const DEVICES = 20;
const CLASSIC_OPERATIONS = 400;
const LIGHT_OPERATIONS = 2_000;
const CALL = { method: "GetParameterValues", params: { ParameterNames: ["Device.RootDataModelVersion"] } };
/** As long as such a call over a WebSocket, and as the POST of a manager who asks for it and what it is answered. */
const TOKEN_CHARS = 140;
const ASK_CHARS = 110;
const ANSWER_CHARS = 600;

await using acs = await serveHeliograph();
const port = await freePort();
await using bare = await serveBare(port);
using manager = await Wire.open(port);

interface Measured extends Figures {
  /** Of the device's connections for one operation, both ways. */
  readonly bytes: number;
}

interface Reached {
  readonly key: string;
  readonly bytes: () => number;
}

/** Operations on one device after another, each from the REST call to its answer. */
async function operations(devices: readonly Reached[], count: number): Promise<Measured> {
  const sum = (): number => devices.reduce((bytes, device) => bytes + device.bytes(), 0);
  const before = sum();
  let run = 0;
  const figures = await measure(acs.process, count, async (turn) => {
    run += 1;
    const key = devices[turn % devices.length]?.key ?? "";
    const operation = await acs.client.operations.create(key, { ...CALL, wait: 10 });
    if (operation.state !== "done") throw new Error(`an operation of ${key} is ${operation.state}`);
  });
  return { ...figures, bytes: (sum() - before) / run };
}

/** A manager's call. */
const ask = postText(port, "x".repeat(ASK_CHARS)).replace("/", `/${ANSWER_CHARS}`);

/** The same with a message there and back over a WebSocket, of a server that does nothing. */
async function bareLight(): Promise<Figures> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await once(socket, "open");
  const figures = await measure(bare, LIGHT_OPERATIONS, async () => {
    const echoed = once(socket, "message");
    socket.send("x".repeat(TOKEN_CHARS));
    await echoed;
    await manager.ask(ask);
  });
  socket.terminate();
  return figures;
}

/** The same with two connection requests and the messages of a session, of a server that does nothing. */
function bareClassic(session: readonly string[]): Promise<Figures> {
  const connectionRequest = postText(port, "").replace("/", "/0");
  return measure(bare, CLASSIC_OPERATIONS, async () => {
    await say(port, [connectionRequest, connectionRequest]);
    await say(port, session);
    await manager.ask(ask);
  });
}

const serials = Array.from({ length: 2 * DEVICES }, (_, serial) => serial);
const light = await Promise.all(serials.slice(DEVICES).map((serial) => attachDevice(acs.acsUrl, serial)));
const classic = await Promise.all(
  serials
    .slice(0, DEVICES)
    .map((serial) => ClassicDevice.enrolled({ acsUrl: acs.acsUrl, serial, parameters: 20 })),
);
const overLight = await operations(light, LIGHT_OPERATIONS);
const overClassic = await operations(
  classic.map((device) => ({ key: device.key, bytes: () => device.bytes })),
  CLASSIC_OPERATIONS,
);
const lightBase = await bareLight();
const classicBase = await bareClassic(bareOf(classic[0]?.said ?? []));
for (const device of light) device.close();
for (const device of classic) device[Symbol.dispose]();

const cells = ({ p50, p95, cpu }: Figures): readonly [number, number, number] => [p50, p95, cpu];
function ratio(name: string, ours: Figures, base: Figures): Row {
  return [name, ours.p50 / base.p50, ours.p95 / base.p95, ours.cpu / base.cpu];
}

console.log(
  `GetParameterValues of one parameter, one after another, over ${DEVICES} devices each,\n` +
    `from the REST call to its answer\n`,
);
console.log(
  table(
    ["p50", "p95", "CPU", "bytes"],
    [
      [...ratio("light : classic", overLight, overClassic), overLight.bytes / overClassic.bytes],
      ratio("light : a POST and an echo, bare", overLight, lightBase),
      ratio("classic : eight requests, bare", overClassic, classicBase),
    ],
  ),
);
console.log(
  `\n${table(
    ["p50 ms", "p95 ms", "CPU ms", "bytes"],
    [
      ["light, over the socket of an attached device", ...cells(overLight), overLight.bytes],
      ["a POST to a bare node:http, an echo of ws", ...cells(lightBase)],
      ["classic, asleep to done", ...cells(overClassic), overClassic.bytes],
      ["eight requests to a bare node:http", ...cells(classicBase)],
    ],
  )}`,
);
