import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Client } from "@heliograph/api/client";
import {
  decodeEnvelope,
  defaultLimits,
  deviceKey,
  type DeviceKey,
  type JsonObject,
} from "@heliograph/protocol";
import { readCapture, Replay, type CapturedSession } from "@heliograph/testkit";
import type { Store } from "../src/ports/index.ts";
import { runAcs } from "./running-acs.ts";

const captures = [
  { client: "easycwmp", password: undefined },
  { client: "easycwmp-chunked", password: undefined },
  { client: "easycwmp-nocookie", password: undefined },
  { client: "easycwmp-digest", password: { username: "easycwmp", password: "easycwmp" } },
  { client: "netcwmp-nodecl", password: undefined },
  { client: "genieacs-sim", password: undefined },
  { client: "cwmp-sim", password: { username: "user", password: "pass" } },
] as const;

for (const { client: name, password } of captures) {
  test(`${name}, as it was captured, is managed to the end of each of its sessions`, async (t) => {
    const sessions = captured(t, name).filter(({ isWhole }) => isWhole);
    if (sessions.length === 0) return;
    await using acs = await runAcs(password);
    using replay = new Replay({
      acsUrl: acs.url,
      ...(password === undefined ? {} : { credentials: password }),
    });
    const states: string[] = [];
    for (const session of sessions) {
      const key = deviceOf(session);
      await enrol(acs.store, key);
      const queued = await queue(acs.client, key, session);
      const replayed = await replay.session(session);
      assert.equal(replayed.at(-1)?.reply.status, 204);
      for (const id of queued) {
        const { state, ended, reason = "" } = await acs.client.operations.get(id);
        assert.ok(ended !== undefined, `${id} is ${state}`);
        assert.ok(
          state === "done" || state === "faulted" || reason.includes("empty POST"),
          `${state}: ${reason}`,
        );
        states.push(state);
      }
    }
    const counts = Object.entries(Object.groupBy(states, (state) => state));
    t.diagnostic(
      `${sessions.length} sessions; ${counts.map(([state, all]) => `${all?.length} ${state}`).join(", ")}`,
    );
  });
}

/** The captured ACS gave no credentials: a device that refused them is approved and asked for none again. */
async function enrol(store: Store, key: DeviceKey): Promise<void> {
  if ((await store.device(key)) !== undefined) return;
  const [OUI = "", ProductClass = "", SerialNumber = ""] = key.split("-");
  const deviceId = { Manufacturer: "", OUI, ProductClass, SerialNumber };
  const who = {
    key,
    deviceId,
    approval: "approved",
    by: "first-contact",
    address: "127.0.0.1",
    at: 0,
  } as const;
  await store.commit("enrol-device", { ...who, maxWaiting: 1, maxWaitingPerAddress: 1, events: [] });
  await store.commit("stage-credentials", { device: key, sealed: "none" });
  await store.commit("refuse-credentials", { device: key, staged: "none", events: [] });
}

async function queue(client: Client, key: DeviceKey, session: CapturedSession): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { method, params } of session.expectedCalls) {
    const operation = await client.operations.create(key, { method, params: sendable(params) });
    ids.push(operation.id);
  }
  return ids;
}

/** The captured ACS also sent what no schema allows; ours sends it as the text it is. */
function sendable(params: JsonObject): JsonObject {
  const text = JSON.stringify(params).replaceAll('["notanumber","unsignedInt"]', '"notanumber"');
  const sent: unknown = JSON.parse(text);
  assert.ok(isJsonObject(sent));
  return sent;
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function deviceOf({ exchanges: [first] }: CapturedSession): DeviceKey {
  const inform = decodeEnvelope(first?.request.body ?? "", { role: "acs", limits: defaultLimits });
  assert.ok(inform.ok && inform.value.body.kind === "request" && inform.value.body.method === "Inform");
  const key = deviceKey(inform.value.body.params.DeviceId);
  assert.ok(key !== undefined);
  return key;
}

function captured(t: TestContext, client: string): readonly CapturedSession[] {
  const data = process.env["HELIOGRAPH_TEST_DATA"];
  if (data !== undefined) return readCapture(join(data, "captures", client));
  t.skip("HELIOGRAPH_TEST_DATA names no folder of captured sessions");
  return [];
}
