import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { within } from "../deadline.ts";
import type { ServerFlags } from "../host-messages.ts";
import { attach, openSocket, refer } from "../light-bench.ts";
import { RunningRoles, whyNoRoles } from "../machines/running-roles.ts";
import { NatsServer, whyNoNats } from "../nats-server.ts";
import { runAcs } from "../running-acs.ts";
import { RunningServer } from "../running-server.ts";
import { OtlpCollector, type SentSpan } from "./otlp-collector.ts";

const PATH = "Device.ManagementServer.ConnectionRequestPassword";
const SECRET = "hidden-in-a-parameter";
const REST = "POST /api/v1/devices/:key/operations";
const ASKED = [REST, "request device.rpc", "serve device.rpc"] as const;
const CALL = "call GetParameterValues";

const carriers: Readonly<Record<string, () => Promise<Carrier>>> = {
  "in one process": async () => ({ flags: {}, [Symbol.asyncDispose]: async () => undefined }),
  "by NATS": async () => {
    const server = await NatsServer.start();
    return {
      flags: { "nats-url": server.url },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

interface Carrier extends AsyncDisposable {
  readonly flags: ServerFlags;
}

for (const [how, open] of Object.entries(carriers)) {
  const skip = how === "by NATS" ? (whyNoNats() ?? false) : false;

  test(
    `${how} an operation is one trace from the manager to the device, whichever way that is called, and to a webhook`,
    { skip },
    async (t) => {
      await using carrier = await open();
      await using collector = await OtlpCollector.open();
      await using acs = await startTraced(collector, carrier.flags);
      const hook = await hookOf(t);
      const light = await lightCall(acs.server, acs.traceparent());
      const spans = await collector.trace(light.traceId, [...ASKED, "request gateway.call", CALL]);
      assertChain(spans, [light.spanId, ...ASKED, "request gateway.call", CALL]);

      await acs.server.client.webhooks.add({ url: hook.url, events: ["operation"] });
      const classic = await classicCall(acs.server, acs.traceparent());
      const later = await collector.trace(classic.traceId, [...ASKED, CALL, "send webhook"]);
      assertChain(later, [classic.spanId, ...ASKED, CALL]);
      assertChain(later, [classic.spanId, ...ASKED, "send webhook"]);
      const told = await within(hook.told, "the letter");
      assert.ok(later.some(({ traceId, spanId }) => told === `00-${traceId}-${spanId}-01`));
      assert.deepEqual(spans.find(({ name }) => name === CALL)?.attributes["heliograph.methods"], {
        values: [{ stringValue: "GetParameterValues" }],
      });
      const own = new Set([light.traceId, classic.traceId]);
      assert.deepEqual(
        collector.spans.filter(({ traceId }) => !own.has(traceId)),
        [],
        "what nobody asked to be recorded is not, where no share is",
      );
      for (const what of [SECRET, PATH, acs.server.life.token]) assert.ok(!collector.sent.includes(what));
    },
  );
}

test(
  "with a process for each role an operation is one trace, of which each process has sent its part",
  { skip: whyNoRoles() ?? false },
  async () => {
    await using collectors = new AsyncDisposableStack();
    const of = new Map<string, OtlpCollector>();
    for (const role of ["api", "engine", "light", "cwmp"]) {
      of.set(`${role}-1`, collectors.use(await OtlpCollector.open()));
    }
    const collector = (name: string): OtlpCollector => of.get(name) ?? assert.fail(name);
    await using acs = await RunningRoles.start({
      flags: { "allow-plain-light": "true", "otlp-sampling": "0" },
      own: (name) => ({ "otlp-url": collector(name).url }),
    });
    const parent = newParent();
    await using device = new LockstepDevice({ acsUrl: acs.acsUrl, deviceId: { SerialNumber: "ROLES" } });
    const reference = await refer(device, { events: ["0 BOOTSTRAP"] });
    await device.expectNothing();
    await using socket = await openSocket({ ...reference, url: acs.lightUrl });
    await socket.request("Attach", {});
    socket.answer(await socket.expectCall("SetParameterValues"), { Status: 0 });
    const managed = { northboundUrl: acs.northboundUrl(), token: acs.token };
    const asked = ask(managed, device, parent);
    socket.answer(await socket.expectCall("GetParameterValues"), { Values: [SECRET] });
    assert.equal((await asked).status, 200);

    const parts = [
      await collector("api-1").trace(parent.traceId, [REST, "request device.rpc"]),
      await collector("engine-1").trace(parent.traceId, ["serve device.rpc", "request gateway.call"]),
      await collector("light-1").trace(parent.traceId, [CALL]),
    ];
    assertChain(parts.flat(), [parent.spanId, ...ASKED, "request gateway.call", CALL]);
    for (const each of of.values()) {
      assert.ok(!each.sent.includes(SECRET));
      assert.ok(each.spans.every(({ traceId }) => traceId === parent.traceId));
    }
  },
);

test("a device's message begins a trace of its own, in the share that is recorded", async () => {
  await using collector = await OtlpCollector.open();
  await using acs = await runAcs(undefined, { "otlp-url": collector.url, "otlp-sampling": "1" });
  await using device = new LockstepDevice({ acsUrl: acs.url });
  await firstSession(device);
  const isAsked = ({ name }: SentSpan): boolean => name === "request engine.announce";
  const asked = await collector.first(isAsked);
  assert.equal(asked.attributes["heliograph.device"], device.key);
  const trace = await collector.trace(asked.traceId, ["serve engine.announce"]);
  assertChain(trace, ["request engine.announce", "serve engine.announce"]);
});

test("where spans go nowhere the server works all the same", async () => {
  await using collector = await OtlpCollector.open();
  const { url } = collector;
  await collector[Symbol.asyncDispose]();
  await using acs = await runAcs(undefined, { "otlp-url": url, "otlp-sampling": "1" });
  await using device = new LockstepDevice({ acsUrl: acs.url });
  await firstSession(device);
  assert.equal((await acs.client.devices.get(device.key)).key, device.key);
});

test("nothing of OpenTelemetry is loaded where nobody wants spans, but what the metrics bring", async () => {
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ resolve: (name, context, next) => (loaded.push(name), next(name, context)) });
    await import("@heliograph/server");
    console.log(JSON.stringify(loaded.filter((name) => /opentelemetry[/](?!api$)/.test(name))), loaded.length > 100);
  `;
  const run = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: new URL("../../", import.meta.url),
  });
  assert.equal(run.stdout, "[] true\n");
});

interface Traced extends AsyncDisposable {
  readonly server: RunningServer;
  /** Of a manager that records what it does. */
  traceparent(): Parent;
}

interface Parent {
  readonly traceId: string;
  readonly spanId: string;
}

async function startTraced(collector: OtlpCollector, flags: ServerFlags): Promise<Traced> {
  const resources = new AsyncDisposableStack();
  const folder = resources.use(tempDir());
  const traced = { "otlp-url": collector.url, "otlp-sampling": "0", "webhook-networks": "127.0.0.0/8" };
  const server = resources.use(await RunningServer.start(folder, "loopback", { ...traced, ...flags }));
  return {
    server,
    traceparent: newParent,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function newParent(): Parent {
  return { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex") };
}

async function lightCall(server: RunningServer, parent: Parent): Promise<Parent> {
  await using device = new LockstepDevice({
    acsUrl: server.life.acsUrl,
    deviceId: { SerialNumber: "LIGHT" },
  });
  await using socket = await attach(server, device);
  const asked = ask(server.life, device, parent);
  socket.answer(await socket.expectCall("GetParameterValues"), { Values: [SECRET] });
  assert.equal((await asked).status, 200);
  return parent;
}

async function classicCall(server: RunningServer, parent: Parent): Promise<Parent> {
  await using device = new LockstepDevice({
    acsUrl: server.life.acsUrl,
    deviceId: { SerialNumber: "CLASSIC" },
  });
  await firstSession(device);
  const asked = ask(server.life, device, parent);
  await server.event(device.key, "operation");
  await device.inform();
  await device.expectRpc("GetParameterValues");
  await device.answer({
    ParameterList: { "Device.ManagementServer.": { ConnectionRequestPassword: SECRET } },
  });
  await device.expectNothing();
  assert.equal((await asked).status, 200);
  return parent;
}

/** Which leaves the device without credentials of its own. */
async function firstSession(device: LockstepDevice): Promise<void> {
  await device.inform();
  await device.expectRpc("SetParameterValues");
  await device.fault(9001, "no credentials, please");
  await device.expectNothing();
}

function ask(
  { northboundUrl, token }: Pick<RunningServer["life"], "northboundUrl" | "token">,
  { key }: LockstepDevice,
  { traceId, spanId }: Parent,
): Promise<Response> {
  return fetch(`${northboundUrl}/api/v1/devices/${key}/operations`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      traceparent: `00-${traceId}-${spanId}-01`,
    },
    body: JSON.stringify({ method: "GetParameterValues", params: { ParameterNames: [PATH] }, wait: 20 }),
  });
}

/** Each span is the child of the one before; the first may be another system's. */
function assertChain(spans: readonly SentSpan[], [first = "", ...names]: readonly string[]): void {
  let parent = spans.find(({ name }) => name === first)?.spanId ?? first;
  for (const name of names) {
    const span = spans.find((each) => each.name === name && each.parentSpanId === parent);
    assert.ok(span !== undefined, `${name} below ${parent} in ${JSON.stringify(spans, undefined, 1)}`);
    assert.equal(span.hasFailed, false);
    parent = span.spanId;
  }
}

interface Hook {
  readonly url: string;
  /** The `traceparent` of the first letter. */
  readonly told: Promise<string>;
}

async function hookOf(t: TestContext): Promise<Hook> {
  const told = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    told.resolve(String(request.headers["traceparent"]));
    request.resume().on("end", () => response.writeHead(204).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { url: `http://127.0.0.1:${address.port}/`, told: told.promise };
}
