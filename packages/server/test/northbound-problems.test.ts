import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Problem, problemRegister, type ProblemReason } from "@heliograph/api";
import { validator } from "@heliograph/api/validation";
import type { DeviceKey, JsonObject } from "@heliograph/protocol";
import {
  MAX_OPEN_CAMPAIGNS,
  MAX_WEBHOOKS,
  StoreBusyError,
  StoreFullError,
  subjects,
  type CancelReply,
  type Store,
} from "../src/ports/index.ts";
import { policyProblems } from "./policies/policy-problems.ts";
import { sharedProblems } from "./shared-problems.ts";
import { claimedDevice } from "./claimed-device.ts";
import {
  reasonOf,
  runNorthbound,
  type Answered,
  type RunningNorthbound,
  type RunningOptions,
} from "./running-northbound.ts";
import { serveScriptedRpcs } from "./scripted-rpcs.ts";

/** How a request comes to be refused for one reason. */
interface Scenario extends RunningOptions {
  readonly provoke: (running: RunningNorthbound) => Promise<Answered>;
}

const problem = validator(Problem);
const OCTETS = { text: "bytes", headers: { "content-type": "application/octet-stream" } };
const ONCE = { headers: { "idempotency-key": "once" } };
const MINE = { params: { CommandKey: "mine" } };
const NO_RIGHTS = {
  devices: "every",
  ...{ methods: [], read: [], write: [], channels: [], acts: [] },
  secrets: false,
};
const WRONG_TOKEN = { headers: { authorization: "Bearer wrong" } };

const scenarios: Readonly<Record<ProblemReason, Scenario>> = {
  "invalid-request": { provoke: ({ ask }) => ask("GET", "/api/v1/devices?limit=0") },
  "not-json": { provoke: ({ ask }) => ask("POST", "/api/v1/tokens", { text: "{name: 1}" }) },
  unauthenticated: { provoke: ({ ask }) => ask("GET", "/api/v1/devices", WRONG_TOKEN) },
  "foreign-origin": {
    provoke: ({ ask }) =>
      ask("GET", "/api/v1/devices", { headers: { cookie: "session=1", origin: "https://evil.example" } }),
  },
  "unknown-path": { provoke: ({ ask }) => ask("GET", "/api/v1/nothing") },
  "unknown-device": { provoke: ({ ask }) => ask("GET", "/api/v1/devices/00D09E-IGD-9") },
  "unknown-operation": { provoke: ({ ask }) => ask("GET", `/api/v1/operations/${"f".repeat(32)}`) },
  "unknown-token": { provoke: ({ ask }) => ask("DELETE", "/api/v1/tokens/0123456789abcdef") },
  "not-allowed": { provoke: ({ ask }) => ask("PUT", "/api/v1/roles/viewer", { body: NO_RIGHTS }) },
  "unknown-grant": { provoke: ({ ask }) => ask("GET", "/api/v1/grants/0123456789abcdef") },
  "unknown-user": { provoke: ({ ask }) => ask("DELETE", "/api/v1/users/nobody") },
  "unknown-role": { provoke: ({ ask }) => ask("DELETE", "/api/v1/roles/nothing") },
  "grant-changed": {
    provoke: async ({ ask, client }) => {
      const { id } = await client.grants.create({ holder: "h", reason: "r", devices: ["00D09E-IGD-1"] });
      await client.grants.revoke(id);
      return ask("POST", `/api/v1/grants/${id}/extend`, { body: { seconds: 7_200 } });
    },
  },
  "user-exists": {
    provoke: async ({ ask, client, clock }) => {
      const user = { name: "jo", password: "a long password", role: "viewer" };
      await client.users.add(user);
      await clock.advance(1);
      return ask("POST", "/api/v1/users", { body: user });
    },
  },
  "unknown-webhook": { provoke: ({ ask }) => ask("GET", "/api/v1/webhooks/0123456789abcdef") },
  "no-dead-letter": {
    provoke: async ({ ask, client }) => {
      const { id } = await client.webhooks.add({ url: "https://hooks.example/" });
      return ask("POST", `/api/v1/webhooks/${id}/dead-letters/resend`, { body: {} });
    },
  },
  "too-many-webhooks": {
    provoke: async ({ ask, client }) => {
      const url = "https://hooks.example/";
      for (let index = 0; index < MAX_WEBHOOKS; index += 1) await client.webhooks.add({ url });
      return ask("POST", "/api/v1/webhooks", { body: { url } });
    },
  },
  "unknown-campaign": { provoke: ({ ask }) => ask("GET", "/api/v1/campaigns/0123456789abcdef") },
  "too-many-campaigns": {
    provoke: async ({ ask, client }) => {
      const reboot = { query: "has key", method: "Reboot" };
      for (let index = 0; index < MAX_OPEN_CAMPAIGNS; index += 1) await client.campaigns.create(reboot);
      return ask("POST", "/api/v1/operations", { body: reboot });
    },
  },
  "campaign-elsewhere": {
    provoke: async ({ ask, client }) => {
      const { id } = await client.campaigns.create({ query: "has key", method: "Reboot" });
      return ask("POST", `/api/v1/campaigns/${id}/resume`);
    },
  },
  ...policyProblems,
  ...sharedProblems,
  "unknown-file": { provoke: ({ ask }) => ask("GET", "/api/v1/files/0123456789abcdef") },
  "unknown-backup-plan": { provoke: ({ ask }) => ask("DELETE", "/api/v1/backup-plans/0123456789abcdef") },
  "unknown-backup": {
    async provoke(running) {
      const key = await running.enrol("1");
      return running.ask("GET", `/api/v1/devices/${key}/backups/diff`);
    },
  },
  "file-refused": { provoke: ({ ask }) => ask("POST", "/api/v1/files?name=..", OCTETS) },
  "files-full": {
    files: { maxTotalBytes: 3 },
    provoke: ({ ask }) => ask("POST", "/api/v1/files?name=a.bin", OCTETS),
  },
  "unknown-quirk": { provoke: ({ ask }) => ask("DELETE", "/api/v1/quirks/colour?oui=00D09E&productClass=") },
  "method-not-allowed": { provoke: ({ ask }) => ask("PATCH", "/api/v1/devices") },
  "request-timeout": {
    settings: { limits: { requestTimeoutMs: 100 } },
    provoke: (running) => sendRaw(running, "GET /api/v1/devices HTTP/1.1\r\nHost: localhost\r\n"),
  },
  "not-approved": {
    provoke: async (running) => {
      serveScriptedRpcs(running);
      return reboot(running, { key: await running.enrol("1", "waiting") });
    },
  },
  "claim-dropped": {
    adapt: ({ store }) => ({ store: droppingClaims(store) }),
    provoke: async (running) => {
      const key = await claimedDevice(running);
      return running.ask("POST", `/api/v1/devices/${key}/approve`);
    },
  },
  "claim-approved": {
    provoke: async (running) => {
      const key = await claimedDevice(running);
      await running.client.devices.approve(key);
      return running.ask("DELETE", `/api/v1/devices/${key}/claim`);
    },
  },
  "command-key-open": { provoke: (running) => rebootTwice(running, [MINE, MINE]) },
  "operation-running": { provoke: (running) => cancel(running, { type: "refused", reason: "running" }) },
  "operation-ended": { provoke: (running) => cancel(running, { type: "refused", reason: "ended" }) },
  "too-large": {
    settings: { limits: { maxBodyBytes: 100 } },
    provoke: ({ ask }) => ask("POST", "/api/v1/tokens", { body: { name: "x".repeat(100) } }),
  },
  "unsupported-media-type": {
    provoke: ({ ask }) =>
      ask("POST", "/api/v1/tokens", { text: "name=desk", headers: { "content-type": "text/plain" } }),
  },
  "unknown-host": {
    provoke: ({ ask }) => ask("GET", "/api/v1/devices", { headers: { host: "rebound.example" } }),
  },
  "unknown-quirk-value": {
    provoke: async (running) => {
      const key = await running.enrol("1");
      return running.ask("PUT", `/api/v1/devices/${key}/quirks/digest`, { body: { value: "none" } });
    },
  },
  "invalid-rpc": {
    provoke: async (running) => reboot(running, { key: await running.enrol("1"), params: { CommandKey: 1 } }),
  },
  "idempotency-mismatch": {
    provoke: (running) => rebootTwice(running, [ONCE, { ...MINE, ...ONCE }]),
  },
  "left-alone": {
    provoke: async (running) => {
      running.bus.serve(subjects.everyRpc, () =>
        Promise.resolve({ type: "refused", reason: "left-alone", detail: "until tomorrow" }),
      );
      return reboot(running, { key: await running.enrol("1") });
    },
  },
  "queue-full": {
    provoke: async (running) => {
      serveScriptedRpcs(running);
      const key = await running.enrol("1");
      await reboot(running, { key });
      await reboot(running, { key });
      return reboot(running, { key });
    },
  },
  "too-many-attempts": {
    provoke: async ({ ask }) => {
      for (let attempt = 0; attempt < 10; attempt++) await ask("GET", "/api/v1/devices", WRONG_TOKEN);
      return ask("GET", "/api/v1/devices");
    },
  },
  "headers-too-large": {
    provoke: (running) =>
      sendRaw(running, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`),
  },
  internal: { provoke: (running) => rebootWhereEngineFails(running, new TypeError("a bug")) },
  "no-engine": { provoke: async (running) => reboot(running, { key: await running.enrol("1") }) },
  "store-busy": { provoke: (running) => rebootWhereEngineFails(running, new StoreBusyError("busy")) },
  overloaded: {
    settings: { limits: { maxInFlight: 0 } },
    provoke: ({ ask }) => ask("GET", "/api/v1/devices"),
  },
  "too-many-streams": {
    settings: { limits: { maxStreams: 0 } },
    provoke: ({ ask }) => ask("GET", "/api/v1/events"),
  },
  "not-ready": {
    provoke: async ({ store, ask }) => {
      await store.close();
      return ask("GET", "/readyz");
    },
  },
  closing: {
    provoke: async (running) => {
      const key = await running.enrol("1");
      await running.bus.close();
      return reboot(running, { key });
    },
  },
  "store-full": { provoke: (running) => rebootWhereEngineFails(running, new StoreFullError("disk full")) },
};

for (const [reason, { provoke, ...options }] of Object.entries(scenarios)) {
  test(`${reason} is told with its own status, and with what to do`, async () => {
    await using running = await runNorthbound(options);
    const { status, headers, body, reason: told } = await provoke(running);
    assert.ok(told !== undefined && problem.check(body), JSON.stringify(body));
    const { title, type, detail } = body;
    assert.equal(type, `urn:heliograph:problem:${reason}`);
    assert.deepEqual({ title, status: body.status }, problemRegister[told]);
    assert.equal(status, body.status);
    assert.notEqual(detail, "");
    assert.match(String(headers["content-type"]), /^application\/problem\+json/);
    if (status === 503 || status === 429) assert.ok(Number(headers["retry-after"]) >= 1);
    assert.deepEqual(running.errors, reason === "internal" ? ["a request failed"] : []);
  });
}

test("a refusal of a body says where in it the mistake stands", async () => {
  await using running = await runNorthbound();
  const { body } = await running.ask("POST", "/api/v1/devices/00D09E-IGD-1/operations", {
    body: {
      rpcs: [
        { method: "Reboot" },
        { method: "GetParameterValues", params: { ParameterNames: ["Device.", 3] } },
      ],
    },
  });
  assert.deepEqual(placesOf(body), ["$.rpcs[1].params.ParameterNames[1]"]);
  const misspelt = await running.ask("POST", "/api/v1/tokens", { body: { name: "desk", expire: "never" } });
  assert.deepEqual(placesOf(misspelt.body), ["$.expire"]);
  const query = await running.ask("GET", "/api/v1/devices?colour=red");
  assert.deepEqual(placesOf(query.body), ["colour"]);
});

test("a body that nests too deeply is refused before it is read", async () => {
  await using running = await runNorthbound();
  const { reason } = await running.ask("POST", "/api/v1/tokens", { text: "[".repeat(65) + "]".repeat(65) });
  assert.equal(reason, "not-json");
});

test("a path that takes other methods says which", async () => {
  await using running = await runNorthbound();
  const { headers } = await running.ask("PATCH", "/api/v1/devices/00D09E-IGD-1");
  assert.equal(headers["allow"], "GET, DELETE");
});

test("who sends no token is told how to send one", async () => {
  await using running = await runNorthbound();
  const { status, headers } = await running.ask("GET", "/api/v1/devices", { headers: { authorization: "" } });
  assert.equal(status, 401);
  assert.equal(headers["www-authenticate"], 'Bearer realm="heliograph"');
});

test("an address that sent too many wrong tokens is heard again after a while", async () => {
  await using running = await runNorthbound();
  for (let attempt = 0; attempt < 10; attempt++) await running.ask("GET", "/api/v1/devices", WRONG_TOKEN);
  assert.equal((await running.ask("GET", "/api/v1/devices")).reason, "too-many-attempts");
  await running.clock.advance(6_000);
  assert.equal((await running.ask("GET", "/api/v1/devices")).status, 200);
});

test("behind a proxy wrong tokens count for the address the proxy names last", async () => {
  await using running = await runNorthbound({ settings: { behindProxy: true } });
  const from = (address: string) => {
    return { "x-forwarded-for": `203.0.113.9, ${address}` };
  };
  for (let attempt = 0; attempt < 10; attempt++) {
    await running.ask("GET", "/api/v1/devices", {
      headers: { ...WRONG_TOKEN.headers, ...from("198.51.100.1") },
    });
  }
  const blocked = await running.ask("GET", "/api/v1/devices", { headers: from("198.51.100.1") });
  assert.equal(blocked.reason, "too-many-attempts");
  const other = await running.ask("GET", "/api/v1/devices", { headers: from("198.51.100.2") });
  assert.equal(other.status, 200);
});

test("health is told under any name, everything else only under a configured one", async () => {
  await using running = await runNorthbound();
  const headers = { host: "10.0.0.7:8080" };
  assert.equal((await running.ask("GET", "/healthz", { headers })).status, 200);
  assert.equal((await running.ask("GET", "/readyz", { headers })).status, 200);
  assert.equal((await running.ask("GET", "/", { headers })).reason, "unknown-host");
  const configured = await running.ask("GET", "/", { headers: { host: "ACS.example:443" } });
  assert.equal(configured.status, 200);
});

interface Reboot {
  readonly key: DeviceKey;
  readonly params?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

function reboot({ ask }: RunningNorthbound, { key, params = {}, headers = {} }: Reboot): Promise<Answered> {
  return ask("POST", `/api/v1/devices/${key}/operations`, { body: { method: "Reboot", params }, headers });
}

/** The answer to the second. */
async function rebootTwice(
  running: RunningNorthbound,
  [first, second]: readonly [Omit<Reboot, "key">, Omit<Reboot, "key">],
): Promise<Answered> {
  serveScriptedRpcs(running);
  const key = await running.enrol("1");
  assert.equal((await reboot(running, { key, ...first })).status, 202);
  return reboot(running, { key, ...second });
}

async function rebootWhereEngineFails(running: RunningNorthbound, error: Error): Promise<Answered> {
  running.bus.serve(subjects.everyRpc, () => Promise.reject(error));
  return reboot(running, { key: await running.enrol("1") });
}

/** A store in which a claim is dropped just before it is approved. */
function droppingClaims(store: Store): Store {
  return new Proxy(store, {
    get(_, name) {
      const member: unknown = Reflect.get(store, name, store);
      if (typeof member !== "function") return member;
      const ask = (...given: readonly unknown[]): unknown => Reflect.apply(member, store, given);
      return (...given: readonly unknown[]): unknown =>
        given[0] === "approve-claim" ? dropClaims(store).then(() => ask(...given)) : ask(...given);
    },
  });
}

async function dropClaims(store: Store): Promise<void> {
  const { items } = await store.devices({ limit: 10, claimed: true });
  for (const { key, claim } of items) {
    await store.commit("drop-claim", { device: key, claimedAt: claim?.at ?? 0, events: [] });
  }
}

async function cancel(running: RunningNorthbound, reply: CancelReply): Promise<Answered> {
  const { bus, ask, client } = running;
  serveScriptedRpcs(running);
  bus.serve(subjects.everyCancel, () => Promise.resolve(reply));
  const { id } = await client.operations.create(await running.enrol("1"), { method: "Reboot" });
  return ask("DELETE", `/api/v1/operations/${id}`);
}

/** Sends what is no whole request, and reads what comes before the connection ends. */
async function sendRaw({ northbound }: RunningNorthbound, sent: string): Promise<Answered> {
  const socket = connect(northbound.address.port, northbound.address.host);
  socket.write(sent);
  const [head = "", content = ""] = (await text(socket)).split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => line.split(": ")).map(([name = "", value]) => [name.toLowerCase(), value]),
  );
  const body: unknown = JSON.parse(content);
  return { status: Number(statusLine.split(" ")[1]), headers, body, reason: reasonOf(body) };
}

function placesOf(body: unknown): readonly unknown[] {
  assert.ok(typeof body === "object" && body !== null && "errors" in body && Array.isArray(body.errors));
  return body.errors.map((error: unknown) => {
    assert.ok(typeof error === "object" && error !== null && "at" in error);
    return error.at;
  });
}
