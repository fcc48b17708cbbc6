import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import {
  subjects,
  type OutsideReply,
  type RequestSubject,
  type RpcAsk,
  type RpcReply,
} from "../src/ports/index.ts";
import { ADMIN_TOKEN, runNorthbound, type RunningNorthbound } from "./running-northbound.ts";

const READ = { method: "GetParameterValues", params: { ParameterNames: ["Device."] } };
const SOON = { timeoutMs: 5_000 };

test("what another system asks by a token is asked in its name and by its right, with nothing that it says besides", async () => {
  await using northbound = await runNorthbound();
  const device = await northbound.enrol("1");
  const asked = heardAsks(northbound);
  const { token, id } = await northbound.client.tokens.create({ name: "nms", role: "operator" });
  const operation = { ...READ, wait: 2 };
  const { status } = await ask(northbound, device, { token, operation, idempotencyKey: "k" });
  assert.equal(status, 409);
  const [first] = asked;
  assert.deepEqual(
    { ...first, id: undefined },
    {
      ...{ id: undefined, rpcs: [READ], manager: "nms", waitMs: 2_000, idempotencyKey: "k" },
      authority: { type: "token", id },
    },
  );

  const forged = { manager: "admin", authority: { type: "token", id: "0".repeat(16) }, id: "0".repeat(32) };
  await ask(northbound, device, { token, operation: READ, ...forged });
  assert.deepEqual(asked[1]?.authority, { type: "token", id });
  assert.equal(asked[1].manager, "nms");
});

test("without a token that is good nothing is asked, and a right that was taken away is gone at once", async () => {
  await using northbound = await runNorthbound();
  const device = await northbound.enrol("1");
  const asked = heardAsks(northbound);
  for (const message of [
    null,
    [],
    "x",
    {},
    { operation: READ },
    { token: 1 },
    { token: "", operation: READ },
  ]) {
    assert.equal((await ask(northbound, device, message)).status, 401, JSON.stringify(message));
  }
  const { token, id } = await northbound.client.tokens.create({ name: "nms", role: "operator" });
  await ask(northbound, device, { token, operation: READ });
  await northbound.client.tokens.revoke(id);
  assert.equal((await ask(northbound, device, { token, operation: READ })).status, 401);
  assert.equal(asked.length, 1);
});

test("who guesses at tokens for one device is stopped there, and whoever asks for another goes on", async () => {
  await using northbound = await runNorthbound();
  const [one, other] = [await northbound.enrol("1"), await northbound.enrol("2")];
  heardAsks(northbound);
  const guesses: number[] = [];
  for (let guess = 0; guess < 20; guess += 1) {
    guesses.push((await ask(northbound, one, { token: `guess${guess}`, operation: READ })).status);
  }
  assert.equal(guesses.at(0), 401);
  assert.equal(guesses.at(-1), 429);
  assert.equal((await ask(northbound, one, { token: ADMIN_TOKEN, operation: READ })).status, 429);
  assert.equal((await ask(northbound, other, { token: ADMIN_TOKEN, operation: READ })).status, 409);
});

test("what REST would not take is not taken: what is no operation, too long, nested too deeply, or beyond a role", async () => {
  await using northbound = await runNorthbound({ settings: { limits: { maxBodyBytes: 1_000 } } });
  const device = await northbound.enrol("1");
  const asked = heardAsks(northbound);
  const refused = async (operation: unknown, more = {}): Promise<unknown> => {
    const { status, body } = await ask(northbound, device, { token: ADMIN_TOKEN, operation, ...more });
    const { type } = body;
    return [status, typeof type === "string" ? type.replace(/.*:/, "") : undefined];
  };
  assert.deepEqual(await refused(undefined), [400, "invalid-request"]);
  assert.deepEqual(await refused({ ...READ, wait: "long" }), [400, "invalid-request"]);
  assert.deepEqual(await refused({ method: "NoSuch" }), [422, "invalid-rpc"]);
  assert.deepEqual(await refused(READ, { idempotencyKey: 7 }), [400, "invalid-request"]);
  assert.deepEqual(await refused({ ...READ, params: { a: "x".repeat(1_000) } }), [413, "too-large"]);
  let deep: JsonObject = {};
  for (let level = 0; level < 10_000; level += 1) deep = { deep };
  assert.deepEqual(await refused({ ...READ, params: deep }), [400, "not-json"]);

  const key = await northbound.client.grants.create({
    ...{ holder: "nms", reason: "a test", devices: [await northbound.enrol("2")], read: ["Device."] },
  });
  const { status } = await ask(northbound, device, { token: key.token, operation: READ });
  assert.equal(status, 403, "another's device");
  assert.equal(asked.length, 0);
});

/** What engines are asked; they refuse. */
function heardAsks({ bus }: RunningNorthbound): readonly RpcAsk[] {
  const asked: RpcAsk[] = [];
  bus.serve(subjects.everyRpc, async (message): Promise<RpcReply> => {
    asked.push(message);
    return { type: "refused", reason: "not-approved", detail: "not today" };
  });
  return asked;
}

function ask({ bus }: RunningNorthbound, device: DeviceKey, message: unknown): Promise<OutsideReply> {
  // Others send what they like.
  const subject: string = subjects.outsideRpc(device);
  return bus.request(subject as RequestSubject<unknown, OutsideReply>, message, SOON);
}
