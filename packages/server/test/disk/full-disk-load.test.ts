import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceEvent, EventPage } from "@heliograph/api";
import { ApiError, type Client } from "@heliograph/api/client";
import type { DeviceKey } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { Caller, type Wish } from "../caller.ts";
import { within } from "../deadline.ts";
import { DeviceLedger } from "../device-ledger.ts";
import { LightDialogDevice } from "../light-dialog-device.ts";
import type { MarkedMethod } from "../marked-call.ts";
import { misreported, reckon } from "../reckoning.ts";
import { RunningServer } from "../running-server.ts";
import { exhaust } from "./exhaust.ts";
import { servedDevice } from "./served-device.ts";
import { smallDisk } from "./small-disk.ts";

const MIB = 1024 * 1024;
const CALLERS = 4;
const WISHES = 30;
/** The disk fills when so many wishes of each have come true. */
const BEFORE = 10;
const METHODS: readonly MarkedMethod[] = [
  "Download",
  "SetParameterValues",
  "AddObject",
  "GetParameterValues",
];
/** A device whose turn failed is looked at again after half a minute. */
const PATIENCE_MS = 120_000;

test("a disk that fills under load and is given room again loses nothing that was accepted", async (t) => {
  using disk = smallDisk(t, 16 * MIB);
  if (disk === undefined) return;
  using folder = tempDir();
  await using server = await RunningServer.start(disk, "loopback");
  const { supervisor, client } = server;
  const ledger = new DeviceLedger(folder.file("ledger"));
  const options = { supervisor, ledger, replayWindow: 16 };
  await using device = new LightDialogDevice({ ...options, subprotocol: "cwmp.json", serialNumber: "1" });
  await device.listen();
  device.inform("0 BOOTSTRAP", "1 BOOT");
  await device.idle();

  await using other = await servedDevice(server);

  const room = Promise.withResolvers<undefined>();
  const all = Array.from({ length: CALLERS }, (_, number) => new Insisting(number, new Caller(supervisor)));
  const wished = Promise.all(all.map((one) => one.wish(device.key, room.promise)));
  await within(Promise.all(all.map(({ begun }) => begun)), "the first wishes to come true");
  assert.equal((await exhaust(disk, client, other.key)).reason, "store-full");
  await within(Promise.race([...all.map(({ refused }) => refused), wished]), "somebody to be refused");
  disk.makeRoom();
  room.resolve(undefined);
  await within(wished, "all wishes to come true", PATIENCE_MS);
  await device.idle();

  const accounts = all.flatMap(({ caller }) => reckon(caller.told, ledger));
  assert.deepEqual(
    accounts.flatMap(({ mark, method, faults }) => faults.map((fault) => `${method} ${mark}: ${fault}`)),
    [],
  );
  assert.equal(accounts.length, CALLERS * WISHES);
  assert.ok(device.reported.length > 0);
  assert.deepEqual(misreported(device.reported, await storedEvents(client, device.key)), []);
});

/** Somebody who wants one thing after the other, and asks again once there is room. */
class Insisting {
  readonly caller: Caller;
  readonly #number: number;
  readonly #begun = Promise.withResolvers<undefined>();
  readonly #refused = Promise.withResolvers<undefined>();

  constructor(number: number, caller: Caller) {
    this.#number = number;
    this.caller = caller;
  }

  /** Some wishes have come true. */
  get begun(): Promise<undefined> {
    return this.#begun.promise;
  }

  /** A wish was refused, since there is no room. */
  get refused(): Promise<undefined> {
    return this.#refused.promise;
  }

  async wish(device: DeviceKey, room: Promise<undefined>): Promise<void> {
    for (let count = 0; count < WISHES; count += 1) {
      const method = METHODS[count % METHODS.length] ?? "Download";
      await this.#settle({ device, method, mark: `${this.#number}-${count}` }, room);
      if (count === BEFORE) this.#begun.resolve(undefined);
    }
  }

  async #settle(wish: Wish, room: Promise<undefined>): Promise<void> {
    try {
      await this.caller.settle(wish);
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== "store-full") throw error;
      this.#refused.resolve(undefined);
      await room;
      await this.caller.settle(wish);
    }
  }
}

async function storedEvents(client: Client, device: DeviceKey): Promise<readonly DeviceEvent[]> {
  const events: DeviceEvent[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const page: EventPage = await client.devices.events(device, { after, limit: 1_000 });
    events.push(...page.items);
    after = page.next;
  }
  return events;
}
