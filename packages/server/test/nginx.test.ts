import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { deviceKey } from "@heliograph/protocol";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import type { HttpReply } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { certificatePair } from "./certificates.ts";
import { CertifiedWire } from "./certified-server.ts";
import { within } from "./deadline.ts";
import { informText } from "./envelopes.ts";
import { MAKER, openLightBench } from "./light-gateway-bench.ts";
import { LightGatewayDevice } from "./light-gateway-device.ts";
import { nginxOfGuide } from "./nginx-guide.ts";
import { credentialsIn } from "./own-credentials.ts";
import { whyNoNginx } from "./quirks/proxy-nginx.ts";
import type { Nginx } from "./quirks/proxy-nginx.ts";
import { reservePort } from "./reserved-port.ts";
import { RunningServer } from "./running-server.ts";

const skip = whyNoNginx() ?? false;
const CA = certificatePair("acs").cert;
const SHUTDOWN_SECONDS = 1;

const resources = new AsyncDisposableStack();
let server: RunningServer;
let nginx: Nginx;
before(async () => {
  if (skip !== false) return;
  const { port } = resources.use(await reservePort());
  const flags = { "behind-proxy": "true", "public-url": `https://127.0.0.1:${port}/` };
  server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback", flags));
  const acsPort = server.supervisor.southboundPort;
  nginx = resources.use(await nginxOfGuide({ port, acsPort, shutdown: SHUTDOWN_SECONDS }));
});
after(() => resources.disposeAsync());

test(
  "a classic device is enrolled, takes its credentials and is called, by TLS through nginx as the guide has it",
  { skip },
  async () => {
    await using device = new LockstepDevice({ acsUrl: nginx.url });
    await device.inform({ events: ["0 BOOTSTRAP"] });
    const { params } = await device.expectRpc("SetParameterValues");
    device.adopt(params.ParameterList);
    await device.answer({ Status: 0 });
    await device.expectNothing();
    const operation = await server.client.operations.create(device.key, {
      method: "GetParameterValues",
      params: { ParameterNames: ["Device.X"] },
    });
    await device.inform();
    await device.expectRpc("GetParameterValues");
    await device.answer({ ParameterList: { "Device.": { X: "1" } } });
    await device.expectNothing();
    assert.equal((await server.client.operations.get(operation.id)).state, "done");
    assert.equal((await server.client.devices.get(device.key)).credentials, "confirmed");
  },
);

test(
  "a light device is referred to the public URL, and is attached and called through nginx",
  { skip },
  async () => {
    const { key, reference } = await referred("light");
    assert.equal(reference.url, `${nginx.url.replace("https:", "wss:")}light`);
    const device = await opened(reference);
    await device.ask("Attach");
    const operation = await server.client.operations.create(key, { method: "Reboot", params: {} });
    const call = await device.hear();
    assert.equal(call.method, "Reboot");
    device.say({ id: call.id, result: {} });
    await server.ended(operation.id);
    assert.equal((await server.client.operations.get(operation.id)).state, "done");
    device.socket.terminate();
  },
);

test(
  "a device whose socket ends because nginx reloads comes back with its token, and finds its call",
  { skip },
  async () => {
    const { key, reference } = await referred("reload");
    const before = await opened(reference);
    const { result } = await before.ask("Attach");
    nginx.reload();
    assert.equal((await within(before.ended.take(), "the end of the socket")).code, 1006);
    const operation = await server.client.operations.create(key, { method: "Reboot", params: {} });
    const device = await opened({ url: reference.url, token: String(result?.["Token"]) });
    await device.ask("Attach");
    const call = await device.hear();
    device.say({ id: call.id, result: {} });
    await server.ended(operation.id);
    assert.equal((await server.client.operations.get(operation.id)).state, "done");
    device.socket.terminate();
  },
);

test(
  "a device is where it came to nginx from, and that is where its connection request goes",
  { skip },
  async () => {
    const from = "127.0.0.2";
    const asked = Promise.withResolvers<string>();
    await using listener = createServer((request, response) => {
      asked.resolve(request.url ?? "");
      response.writeHead(200, { Connection: "close" }).end();
    });
    await using reserved = await reservePort();
    const { port } = reserved;
    listener.listen(port, from);
    await once(listener, "listening");
    const key = keyOf("far");
    const parameters = { "Device.ManagementServer.ConnectionRequestURL": `http://${from}:${port}/wake` };
    const nginxPort = Number(new URL(nginx.url).port);
    using wire = await CertifiedWire.open(nginxPort, { from });
    const lie = { "X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "http" };
    assertInformed(await wire.post(informText({ serial: "far", events: ["0 BOOTSTRAP"], parameters }), lie));
    await wire.post("");
    assert.equal((await server.client.devices.get(key)).address, from);
    await server.client.operations.create(key, { method: "Reboot", params: {} });
    assert.equal(await within(asked.promise, "the connection request"), "/wake");
  },
);

test(
  "a socket on which nothing is said outlives the patience of nginx by the pings of the ACS, and not without",
  { skip },
  async () => {
    const silence = 2;
    const pingIntervalMs = 30_000;
    await using bench = await openLightBench({ bounds: { pingIntervalMs } });
    await using reserved = await reservePort();
    await using impatient = await nginxOfGuide({ port: reserved.port, acsPort: bench.port, silence });
    const url = `${impatient.url.replace("https:", "wss:")}light`;
    const unpinged = await opened({ url, token: (await bench.enrol("unpinged")).token });
    assert.equal((await within(unpinged.ended.take(), "the end of a silent socket")).code, 1006);

    const pinged = await opened({ url, token: (await bench.enrol("pinged")).token });
    const began = performance.now();
    // The patience of nginx is real time, whatever our clock says.
    while (performance.now() - began < 2.5 * silence * 1_000) {
      await setTimeout(150);
      await bench.clock.advance(pingIntervalMs);
      await pinged.pings.take();
    }
    assert.equal(pinged.ended.untaken, 0);
    assert.equal(pinged.socket.readyState, WebSocket.OPEN);
    pinged.socket.terminate();
  },
);

interface Reference {
  readonly url: string;
  readonly token: string;
}

/** A device that was enrolled through nginx, has credentials of its own, and was referred to the light transport. */
async function referred(
  serial: string,
): Promise<{ readonly key: LockstepDevice["key"]; readonly reference: Reference }> {
  const deviceId = { ...MAKER, SerialNumber: serial };
  await using unboxed = new LockstepDevice({ acsUrl: nginx.url, deviceId });
  await unboxed.inform({ events: ["0 BOOTSTRAP"] });
  const { login } = credentialsIn((await unboxed.expectRpc("SetParameterValues")).params.ParameterList);
  await unboxed.answer({ Status: 0 });
  await unboxed.expectNothing();
  await using device = new LockstepDevice({ acsUrl: nginx.url, deviceId, credentials: login });
  await device.inform({ events: ["1 BOOT"], header: { webSocketSupport: ["cwmp.json"] } });
  const reference = device.header.webSocketReference;
  assert.ok(reference !== undefined, "the device is not referred to the light transport");
  await device.expectNothing();
  return { key: device.key, reference };
}

/** A light connection to nginx, whose certificate is checked. */
async function opened({ url, token }: Reference): Promise<LightGatewayDevice> {
  const headers = { Authorization: `Bearer ${token}` };
  const socket = new WebSocket(url, "cwmp.json", { ca: CA, headers });
  const device = new LightGatewayDevice(socket);
  await once(socket, "open");
  return device;
}

function keyOf(serial: string): LockstepDevice["key"] {
  const key = deviceKey({ ...MAKER, SerialNumber: serial });
  assert.ok(key !== undefined);
  return key;
}

function assertInformed(reply: HttpReply): void {
  assert.equal(reply.status, 200);
  assert.match(reply.body, /InformResponse/);
}
