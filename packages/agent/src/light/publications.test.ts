import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { JsonObject, Publish } from "@heliograph/protocol";
import { noChannels, type ChannelMemory, type PublishResult } from "./channel-memory.ts";
import { ConnectionLostError, RequestRefusedError } from "./light-connection.ts";
import { Publications, type PublicationHandler } from "./publications.ts";

const CHANNEL = "public/fleet";
const MEMBER = new Set([CHANNEL]);

test("a position is kept once what was published is applied, not before [LIGHT-CHANNEL-3]", async () => {
  const applying = Promise.withResolvers<undefined>();
  const device = new Bench(() => applying.promise);
  device.hear(state(1));
  await setImmediate();
  assert.deepEqual(device.publications.positions, {});
  applying.resolve(undefined);
  await setImmediate();
  assert.deepEqual(device.publications.positions, { [CHANNEL]: { Epoch: "e1", Offset: 1 } });
});

test("publications are applied one after the other, however long one takes", async () => {
  const first = Promise.withResolvers<undefined>();
  const applied: unknown[] = [];
  const device = new Bench(async ({ data }) => {
    if (data["Number"] === 1) await first.promise;
    applied.push(data["Number"]);
    return undefined;
  });
  for (const published of [state(1), next(2), next(3)]) device.hear(published);
  await setImmediate();
  assert.deepEqual(applied, []);
  first.resolve(undefined);
  await turns();
  assert.deepEqual(applied, [1, 2, 3]);
});

test("what was applied before is passed over [LIGHT-CHANNEL-3]", async () => {
  const device = new Bench();
  for (const published of [state(1), next(2), next(2), next(1)]) device.hear(published);
  await turns();
  assert.deepEqual(device.applied, [1, 2]);
});

for (const [what, published] of [
  ["after a gap", next(3)],
  ["of another epoch", { ...next(2), Epoch: "e2" }],
] as const) {
  test(`what comes ${what} is not applied: the device attaches again from where it stands [LIGHT-CHANNEL-4]`, async () => {
    const device = new Bench();
    device.hear(state(1));
    device.hear(published);
    await turns();
    assert.deepEqual(device.applied, [1]);
    assert.equal(device.attached, 1);
    assert.deepEqual(device.publications.positions, { [CHANNEL]: { Epoch: "e1", Offset: 1 } });
  });
}

test("a state is applied whatever the device has, and told as such [LIGHT-CHANNEL-4]", async () => {
  const states: boolean[] = [];
  const device = new Bench(async ({ isState }) => {
    states.push(isState);
    return undefined;
  });
  for (const published of [state(1), next(2), { ...state(9), Epoch: "e2" }]) device.hear(published);
  await turns();
  assert.deepEqual(states, [true, false, true]);
  assert.deepEqual(device.publications.positions, { [CHANNEL]: { Epoch: "e2", Offset: 9 } });
});

test("more than the device keeps waiting is told again", async () => {
  const first = Promise.withResolvers<undefined>();
  const device = new Bench(() => first.promise);
  device.hear(state(1));
  for (let offset = 2; offset < 400; offset++) device.hear(next(offset));
  first.resolve(undefined);
  await turns();
  assert.equal(device.attached, 1);
  assert.ok((device.publications.positions[CHANNEL]?.Offset ?? 0) < 399);
});

test("a result is owed until the ACS has it, over a lost connection too [LIGHT-CHANNEL-7]", async () => {
  const device = new Bench(() => ({ Done: 1 }));
  const said: PublishResult[] = [];
  device.publications.attached(MEMBER, async () => {
    throw new ConnectionLostError("gone");
  });
  device.hear({ ...state(1), Answer: true });
  await turns();
  assert.equal(device.memory.owed.length, 1);
  device.publications.lost();
  device.publications.attached(MEMBER, async (result) => {
    said.push(result);
  });
  await turns();
  const result = { Channel: CHANNEL, Epoch: "e1", Offset: 1, Status: "applied", Data: { Done: 1 } };
  assert.deepEqual(said, [result]);
  assert.deepEqual(device.memory.owed, []);
});

test("what cannot be applied is told as faulted, with the reason, and is done with [LIGHT-CHANNEL-7]", async () => {
  const device = new Bench(() => {
    throw new Error("no room");
  });
  device.hear({ ...state(1), Answer: true });
  await turns();
  const [owed] = device.memory.owed;
  assert.deepEqual([owed?.Status, owed?.Data], ["faulted", { Reason: "no room" }]);
  assert.deepEqual(device.publications.positions, { [CHANNEL]: { Epoch: "e1", Offset: 1 } });
});

test("a result that the ACS refuses is owed no more", async () => {
  const device = new Bench();
  device.publications.attached(MEMBER, async () => {
    throw new RequestRefusedError("no such method");
  });
  device.hear({ ...state(1), Answer: true });
  await turns();
  assert.deepEqual(device.memory.owed, []);
});

test("a channel that the device has left is forgotten [LIGHT-CHANNEL-5]", async () => {
  const device = new Bench();
  device.hear(state(1));
  await turns();
  device.publications.attached(new Set(["private/config"]), async () => undefined);
  assert.deepEqual(device.publications.positions, {});
});

function next(Offset: number): Publish {
  return { Channel: CHANNEL, Epoch: "e1", Offset, Data: { Number: Offset } };
}

function state(offset: number): Publish {
  return { ...next(offset), State: true };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate();
}

/** A device's publications, with what it keeps and what came of them. */
class Bench {
  memory: ChannelMemory = noChannels;
  attached = 0;
  readonly applied: unknown[] = [];
  readonly publications: Publications;

  constructor(handler: PublicationHandler = (published) => this.#apply(published.data)) {
    this.publications = new Publications({
      handler,
      memory: {
        get: () => this.memory,
        keep: (memory) => {
          this.memory = memory;
        },
      },
      attachAgain: () => {
        this.attached += 1;
      },
    });
  }

  hear(published: Publish): void {
    this.publications.hear(published);
  }

  #apply(data: JsonObject): undefined {
    this.applied.push(data["Number"]);
  }
}
