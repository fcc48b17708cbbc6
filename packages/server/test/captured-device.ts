import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Client } from "@heliograph/api/client";
import {
  decodeEnvelope,
  defaultLimits,
  deviceKey,
  type DeviceKey,
  type JsonObject,
} from "@heliograph/protocol";
import { readCapture, type CapturedSession } from "@heliograph/testkit";
import type { Store } from "../src/ports/index.ts";

/** The devices that were captured, and what they log in with where their ACS asked. */
export const captures = [
  { client: "easycwmp", password: undefined },
  { client: "easycwmp-chunked", password: undefined },
  { client: "easycwmp-nocookie", password: undefined },
  { client: "easycwmp-digest", password: { username: "easycwmp", password: "easycwmp" } },
  { client: "netcwmp-nodecl", password: undefined },
  { client: "genieacs-sim", password: undefined },
  { client: "cwmp-sim", password: { username: "user", password: "pass" } },
] as const;

/** The whole sessions of a capture; none, and that aloud, where there is no data. */
export function captured(t: TestContext, client: string): readonly CapturedSession[] {
  const data = process.env["HELIOGRAPH_TEST_DATA"];
  if (data !== undefined) return readCapture(join(data, "captures", client)).filter(({ isWhole }) => isWhole);
  t.skip("HELIOGRAPH_TEST_DATA names no folder of captured sessions");
  return [];
}

/** The captured ACS gave no credentials: a device that refused them is approved and asked for none again. */
export async function enrol(store: Store, key: DeviceKey): Promise<void> {
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

/** Queues what the captured ACS called. */
export async function queue(
  client: Client,
  key: DeviceKey,
  session: CapturedSession,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { method, params } of session.expectedCalls) {
    const operation = await client.operations.create(key, { method, params: sendable(params) });
    ids.push(operation.id);
  }
  return ids;
}

export function deviceOf({ exchanges: [first] }: CapturedSession): DeviceKey {
  const inform = decodeEnvelope(first?.request.body ?? "", { role: "acs", limits: defaultLimits });
  assert.ok(inform.ok && inform.value.body.kind === "request" && inform.value.body.method === "Inform");
  const key = deviceKey(inform.value.body.params.DeviceId);
  assert.ok(key !== undefined);
  return key;
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
