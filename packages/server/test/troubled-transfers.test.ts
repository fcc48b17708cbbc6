import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { DeviceEvent, Operation } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { simulateFleet, transferTroubles, type TransferTrouble } from "@heliograph/simulator";
import { within } from "./deadline.ts";
import { runAcs } from "./running-acs.ts";
import { FIRMWARE } from "./transferring-device.ts";

/** One that waits for reports as long as is usual, and one that gives up after a second. */
const patient = await runAcs();
const hasty = await runAcs(undefined, { "transfer-timeout": "1" });
after(async () => {
  await patient[Symbol.asyncDispose]();
  await hasty[Symbol.asyncDispose]();
});

const LATE_MS = 10_000;
const PATIENCE_MS = 60_000;

/** What becomes of a transfer, as everybody who had to do with it saw it. */
interface End {
  readonly states: readonly Operation["state"][];
  readonly reason?: RegExp;
  /** How often the device told of it. */
  readonly informs: number;
  /** How often managers were told. */
  readonly reports: number;
  /** How often the device moved the file, as it itself has noted. */
  readonly moved: number;
}

const done: End = { states: ["transferring", "done"], informs: 1, reports: 1, moved: 1 };
const failed: End = { states: ["transferring", "faulted"], informs: 1, reports: 1, moved: 0 };

const ends: Readonly<Record<TransferTrouble | "none", End>> = {
  none: done,
  denied: { ...failed, states: ["faulted"], informs: 0, reports: 0 },
  corrupt: { ...failed, reason: /reports fault 90(18|11)/ },
  "power-loss": { states: ["transferring", "outcome-unknown"], informs: 0, reports: 0, moved: 0 },
  late: { ...done, states: ["transferring", "outcome-unknown", "done"] },
  reboots: done,
  keyless: done,
  twice: { ...done, informs: 2 },
};

type Ask = (client: Client, key: string) => Promise<Operation>;

async function addFirmware(client: Client): Promise<string> {
  return (await client.files.add({ name: "router-2.1.0.bin", version: "2.1.0" }, FIRMWARE)).id;
}

const asks: Readonly<Record<string, Ask>> = {
  download: async (client, key) => client.operations.download(key, { file: await addFirmware(client) }),
  "scheduled download": async (client, key) => {
    const windows = [{ start: 0, end: 3 }];
    return client.operations.download(key, { file: await addFirmware(client), windows });
  },
  upload: (client, key) => client.operations.upload(key),
};

test("there is a test for every trouble that devices may have with files", () => {
  assert.deepEqual(Object.keys(ends).toSorted(), ["none", ...transferTroubles].toSorted());
});

for (const [trouble, end] of Object.entries(ends)) {
  test(`devices whose trouble with files is "${trouble}" end each transfer as ${end.states.at(-1)}, however they speak`, async () => {
    const acs = trouble === "late" || trouble === "power-loss" ? hasty : patient;
    const moved: string[] = [];
    const name = `X${trouble.replace("-", "")}X`;
    await using fleet = await simulateFleet({
      ...{ acsUrl: acs.url, devices: 6, name, mix: { classic: 1, "cwmp.json": 1 }, kinds: ["router"] },
      ...{ changesPerHour: 0, transferLateMs: LATE_MS },
      transferTroubles: { [trouble]: 1 },
      onMoved: (key) => void moved.push(key),
    });
    await fleet.settled;
    const { items } = await acs.client.devices.list({ limit: 100 });
    const keys = items.map(({ key }) => key).filter((key) => key.includes(name));
    assert.equal(keys.length, 6);
    const kinds = Object.entries(asks).flatMap((kind) => [kind, kind]);
    await Promise.all(
      kinds.map(async ([kind, ask], index) => {
        const key = keys[index] ?? "";
        await event(acs.client, key, ({ name: each }) => each === "credentials-confirmed");
        const { id } = await ask(acs.client, key);
        await transferEnds(acs.client, { key, id, end });
        assert.equal(moved.filter((each) => each === key).length, end.moved, `${kind} of ${key}`);
      }),
    );
  });
}

interface Expected {
  readonly key: string;
  readonly id: string;
  readonly end: End;
}

async function transferEnds(client: Client, { key, id, end }: Expected): Promise<void> {
  const last = end.states.at(-1);
  await event(client, key, ({ operation, data }) => operation === id && data["state"] === last);
  for (let told = 0; told < end.informs; told += 1) {
    let seen = 0;
    await event(client, key, ({ name }) => name === "transfer-complete" && ++seen > told);
  }
  // Once it answers another call, it has told all that it has to tell.
  const read = { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] };
  await client.call(key, "GetParameterValues", { params: read, wait: 60 });
  const { items } = await client.devices.events(key, { limit: 1_000 });
  const states = items.filter(({ operation }) => operation === id).map(({ data }) => data["state"]);
  const { state, reason = "" } = await client.operations.get(id);
  assert.deepEqual(
    states.filter((each) => each !== "queued" && each !== "running"),
    end.states,
    `${key}: ${reason}`,
  );
  assert.equal(state, last);
  if (end.reason !== undefined) assert.match(reason, end.reason);
  const count = (name: string): number => items.filter((each) => each.name === name).length;
  assert.deepEqual(
    { informs: count("transfer-complete"), reports: count("transfer-complete-report") },
    { informs: end.informs, reports: end.reports },
    key,
  );
}

async function event(client: Client, device: string, is: (event: DeviceEvent) => boolean): Promise<void> {
  const stop = new AbortController();
  const follow = async (): Promise<void> => {
    for await (const each of client.events({ device, after: 0, signal: stop.signal })) if (is(each)) return;
  };
  try {
    await within(follow(), `an event of ${device}: ${is.toString()}`, PATIENCE_MS);
  } finally {
    stop.abort();
  }
}
