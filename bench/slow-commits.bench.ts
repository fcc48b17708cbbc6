import { setTimeout as delay } from "node:timers/promises";
import { ClassicDevice } from "./classic-device.ts";
import { latencyOf, table, timed, type Latency, type Row } from "./figures.ts";
import { attachDevice } from "./light-device.ts";
import { serveHeliograph, type ServedHeliograph } from "./served-heliograph.ts";

/** What `slow-disk.ts` adds to each. */
const COMMIT_MS = 10;
/** Of each kind; operations run on the first half, the rest informs and pings. */
const DEVICES = 40;
const OPERATIONS = 150;
const BEATS = 500;
/** So long after one heartbeat, or ping, the next one leaves. */
const PACE_MS = 20;
const CALL = { method: "GetParameterValues", params: { ParameterNames: ["Device.RootDataModelVersion"] } };

interface Latencies {
  readonly welcome: Latency;
  readonly session: Latency;
  readonly ping: Latency;
  readonly light: Latency;
  readonly classic: Latency;
}

/** First operations alone, then heartbeats and pings while operations run on other devices. */
async function latencies(nodeArgs: readonly string[] = []): Promise<Latencies> {
  await using acs = await serveHeliograph(nodeArgs);
  const serials = Array.from({ length: DEVICES }, (_, serial) => serial);
  const classic = await Promise.all(
    serials.map((serial) => ClassicDevice.enrolled({ acsUrl: acs.acsUrl, serial, parameters: 20 })),
  );
  const light = await Promise.all(serials.map((serial) => attachDevice(acs.acsUrl, DEVICES + serial)));
  const [calledClassic, calledLight] = [half(classic)[0], half(light)[0]];
  const ofLight = await operations(acs, calledLight);
  const ofClassic = await operations(acs, calledClassic);
  const beside = Promise.all([operations(acs, calledLight), operations(acs, calledClassic)]);
  const [heartbeats, pings] = await Promise.all([
    paced(half(classic)[1], heartbeat),
    paced(half(light)[1], (device) => timed(() => device.ping())),
  ]);
  await beside;
  for (const device of light) device.close();
  for (const device of classic) device[Symbol.dispose]();
  return {
    welcome: latencyOf(heartbeats.map(({ welcome }) => welcome)),
    session: latencyOf(heartbeats.map(({ session }) => session)),
    ping: latencyOf(pings),
    light: latencyOf(ofLight),
    classic: latencyOf(ofClassic),
  };
}

function half<T>(all: readonly T[]): readonly [readonly T[], readonly T[]] {
  return [all.slice(0, all.length / 2), all.slice(all.length / 2)];
}

/** One after another, each from the REST call to its answer. */
async function operations(
  { client }: ServedHeliograph,
  devices: readonly { readonly key: string }[],
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < OPERATIONS; turn += 1) {
    const key = devices[turn % devices.length]?.key ?? "";
    times.push(
      await timed(async () => {
        const { state } = await client.operations.create(key, { ...CALL, wait: 10 });
        if (state !== "done") throw new Error(`an operation of ${key} is ${state}`);
      }),
    );
  }
  return times;
}

/** One device after another, each on its time, however long those before it take. */
async function paced<D, T>(devices: readonly D[], run: (device: D) => Promise<T>): Promise<readonly T[]> {
  const running: Promise<T>[] = [];
  const start = performance.now();
  for (let beat = 0; beat < BEATS; beat += 1) {
    await delay(Math.max(0, start + beat * PACE_MS - performance.now()));
    const device = devices[beat % devices.length];
    if (device !== undefined) running.push(run(device));
  }
  return Promise.all(running);
}

async function heartbeat(device: ClassicDevice): Promise<{ welcome: number; session: number }> {
  const session = await timed(() => device.session("2 PERIODIC"));
  return { welcome: device.said[0]?.ms ?? 0, session };
}

const plain = await latencies();
const slow = await latencies(["--import", "./bench/slow-disk.ts"]);

function ratio(name: string, of: keyof Latencies, promised: string): Row {
  const [before, after] = [plain[of], slow[of]];
  const commits = (after.p50 - before.p50) / COMMIT_MS;
  return [name, after.p50 / before.p50, after.p95 / before.p95, commits, promised];
}
function row(name: string, of: keyof Latencies): Row {
  return [name, slow[of].p50, plain[of].p50, slow[of].p95, plain[of].p95];
}

console.log(
  `Commits that take ${COMMIT_MS} ms longer : as they are. Heartbeats and pings every ${PACE_MS} ms, while operations run on\n` +
    `other devices; operations by themselves, one after another\n`,
);
console.log(
  table(
    ["p50", "p95", "commits", "promised"],
    [
      ratio("InformResponse to a heartbeat", "welcome", "unharmed"),
      ratio("pong to a ping", "ping", "unharmed"),
      ratio("heartbeat, Inform to 204", "session", ""),
      ratio("operation on a light device", "light", "its commits"),
      ratio("operation on a classic device", "classic", "its commits"),
    ],
  ),
);
console.log(
  `\n${table(
    ["p50 slow", "p50 ms", "p95 slow", "p95 ms"],
    [
      row("InformResponse to a heartbeat", "welcome"),
      row("pong to a ping", "ping"),
      row("heartbeat, Inform to 204", "session"),
      row("operation on a light device", "light"),
      row("operation on a classic device", "classic"),
    ],
  )}`,
);
