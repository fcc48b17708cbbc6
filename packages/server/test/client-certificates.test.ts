import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, test } from "node:test";
import { connect } from "node:tls";
import type { Credentials } from "@heliograph/agent/node";
import type { Device } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import type { DeviceKey } from "@heliograph/protocol";
import { LockstepDevice } from "@heliograph/testkit";
import type { HttpReply } from "@heliograph/testkit";
import { certificatePair, deviceCertificate } from "./certificates.ts";
import { CertifiedWire, startCertifiedServer } from "./certified-server.ts";
import type { CertifiedServer } from "./certified-server.ts";
import { within } from "./deadline.ts";
import { envelopeText, informText, valuesText } from "./envelopes.ts";
import { MAKER } from "./light-gateway-bench.ts";
import { knock, openDevice } from "./light-gateway-device.ts";
import { credentialsIn } from "./own-credentials.ts";
import { readCall } from "./quirks/bare-device.ts";

const key = keyOf("001122-Box-S1");
const stranger = certificatePair("acs");
const own = { certificate: deviceCertificate("device") };
const { certificate } = own;

const resources = new AsyncDisposableStack();
let acs: CertifiedServer;
let url: string;
before(async () => {
  acs = resources.use(await startCertifiedServer());
  url = `wss://127.0.0.1:${acs.port}/light`;
});
after(() => resources.disposeAsync());
beforeEach(async () => {
  const { items } = await acs.server.client.devices.list();
  for (const device of items) await acs.server.client.devices.remove(device.key);
});

for (const name of ["device", "short", "urn"] as const) {
  test(`a device that the certificate "${name}" is for needs no password and no approval [CWMP-AUTH-10]`, async () => {
    using wire = await CertifiedWire.open(acs.port, { certificate: deviceCertificate(name) });
    assertInformed(await wire.post(informText({ events: ["0 BOOTSTRAP"] })));
    assert.equal((await wire.post("")).status, 204);
    const { approval, enrolled } = await shown();
    assert.deepEqual({ approval, by: enrolled.by }, { approval: "approved", by: "certificate" });
  });
}

test("a device with a certificate is called as any other [CWMP-AUTH-10]", async () => {
  await enrol();
  const operation = await acs.server.client.operations.create(key, {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.X"] },
  });
  using wire = await CertifiedWire.open(acs.port, own);
  assertInformed(await wire.post(informText()));
  const { method, id } = readCall(await wire.post(""));
  assert.equal(method, "GetParameterValues");
  assert.equal((await wire.post(valuesText(id))).status, 204);
  assert.equal((await acs.server.client.operations.get(operation.id)).state, "done");
});

test("a certificate of another device is refused once and for all, and written down [CWMP-AUTH-10]", async () => {
  using wire = await CertifiedWire.open(acs.port, { certificate: deviceCertificate("other") });
  const reply = await wire.post(informText({ events: ["0 BOOTSTRAP"] }));
  assert.equal(reply.status, 403);
  assert.equal(reply.body, "the certificate is another device's\n");
  assert.equal(reply.headers.has("www-authenticate"), false);
  const { items } = await acs.server.client.audit();
  const refused = items.find(({ action, device }) => action === "device-refused" && device === key);
  assert.equal(refused?.detail["reason"], "the certificate of another device");
  assert.deepEqual((await acs.server.client.devices.list()).items, []);
});

const worthless = [
  ["no certificate", undefined],
  ["a certificate that names no device", deviceCertificate("family")],
  ["a certificate that has expired", deviceCertificate("expired")],
  ["a certificate that nobody knows who signed", stranger],
] as const;
for (const [kind, shownPair] of worthless) {
  test(`a device with ${kind} is asked for its password [CWMP-AUTH-10]`, async () => {
    using wire = await CertifiedWire.open(acs.port, shownPair && { certificate: shownPair });
    const reply = await wire.post(informText());
    assert.equal(reply.status, 401);
    assert.match(reply.headers.get("www-authenticate")?.join() ?? "", /^Digest /);
  });
}

test("a certificate is the device's also where its TLS session is taken up again [CWMP-AUTH-10]", async () => {
  using first = await CertifiedWire.open(acs.port, own);
  assertInformed(await first.post(informText()));
  using again = await CertifiedWire.open(acs.port, { session: await first.session });
  assert.ok(again.isResumed);
  assertInformed(await again.post(informText()));
});

test("a TLS session that began without a certificate is nobody's when it is taken up again [CWMP-AUTH-10]", async () => {
  using first = await CertifiedWire.open(acs.port);
  assert.equal((await first.post(informText())).status, 401);
  using again = await CertifiedWire.open(acs.port, { session: await first.session });
  assert.ok(again.isResumed);
  assert.equal((await again.post(informText())).status, 401);
});

test("a certificate stays that of its connection: TLS is not negotiated anew [CWMP-AUTH-10]", async () => {
  const at = { host: "127.0.0.1", port: acs.port, rejectUnauthorized: false, maxVersion: "TLSv1.2" } as const;
  const socket = connect({ ...at, ...certificate });
  await once(socket, "secureConnect");
  const refused = Promise.withResolvers<Error>();
  socket.once("error", (error: Error) => refused.resolve(error));
  socket.renegotiate({ rejectUnauthorized: false }, () => undefined);
  assert.match((await within(refused.promise, "a refusal")).message, /no renegotiation/);
});

test("the certificate of a proxy is no device's, nor is what it says of one [CWMP-AUTH-10]", async () => {
  using wire = await CertifiedWire.open(acs.port, own);
  const said = { "X-Forwarded-For": "192.0.2.1", "X-SSL-Client-S-DN": "CN=001122-Box-S1" };
  assert.equal((await wire.post(informText(), said)).status, 401);
});

test("a device that was rejected stays out, whatever its certificate, until it is approved [CWMP-AUTH-10]", async () => {
  await enrol();
  await acs.server.client.devices.reject(key);
  using wire = await CertifiedWire.open(acs.port, own);
  assert.equal((await wire.post(informText({ events: ["0 BOOTSTRAP"] }))).status, 403);
  await acs.server.client.devices.approve(key);
  assertInformed(await wire.post(informText()));
});

test("a certificate ends the wait of a device that came with the first-contact secret [CWMP-AUTH-10]", async () => {
  const acsUrl = `https://127.0.0.1:${acs.port}/`;
  const deviceId = { ...MAKER, SerialNumber: "S1" };
  await using device = new LockstepDevice({ acsUrl, deviceId, credentials: acs.server.life.firstContact });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await device.expectNothing();
  assert.equal((await shown()).approval, "waiting");
  await enrol();
  const { approval, enrolled } = await shown();
  assert.deepEqual({ approval, by: enrolled.by }, { approval: "approved", by: "certificate" });
});

test("a device with a certificate is given credentials of its own, and others once it has lost them [CWMP-AUTH-10]", async () => {
  const first = await given("0 BOOTSTRAP");
  const acsUrl = `https://127.0.0.1:${acs.port}/`;
  const deviceId = { ...MAKER, SerialNumber: "S1" };
  await using device = new LockstepDevice({ acsUrl, deviceId, credentials: first });
  await device.inform();
  await device.expectNothing();
  assert.equal((await shown()).credentials, "confirmed");
  using wire = await CertifiedWire.open(acs.port, own);
  assertInformed(await wire.post(informText()));
  assert.equal((await wire.post("")).status, 204);
  assert.equal((await shown()).credentials, "confirmed");
  assert.notEqual((await given("0 BOOTSTRAP")).password, first.password);
});

test("a device opens a light connection by its certificate alone, and is attached to itself [LIGHT-OPEN-12]", async () => {
  await enrol();
  const device = await openDevice(url, { certificate });
  const { result } = await device.ask("Attach");
  assert.equal(typeof result?.["Token"], "string");
  const { connection } = await shown();
  assert.equal(connection?.transport, "light");
  device.socket.terminate();
});

test("a device that speaks STOMP needs no passcode beside its certificate [LIGHT-OPEN-12]", async () => {
  await enrol();
  const device = await openDevice(url, { certificate, protocols: ["v12.stomp"] });
  device.say("CONNECT\naccept-version:1.2\nhost:acs\n\n\0");
  assert.match(await device.heard.take(), /^CONNECTED\n/);
  device.socket.terminate();
});

test("a certificate opens nothing for a device that is not known, or not approved [LIGHT-OPEN-12]", async () => {
  assert.equal((await knock(url, { certificate })).status, 401);
  await enrol();
  await acs.server.client.devices.reject(key);
  assert.equal((await knock(url, { certificate })).status, 403);
});

test("a token opens nothing together with the certificate of another device [LIGHT-OPEN-13]", async () => {
  await enrol();
  const first = await openDevice(url, { certificate });
  const token = String((await first.ask("Attach")).result?.["Token"]);
  const refusal = await knock(url, { token, certificate: deviceCertificate("other") });
  assert.deepEqual(
    { status: refusal.status, body: refusal.body },
    { status: 403, body: "the certificate is another device's\n" },
  );
  for (const name of ["device", "short", "family"] as const) {
    const device = await openDevice(url, { token, certificate: deviceCertificate(name) });
    device.socket.terminate();
  }
  first.socket.terminate();
});

test("a light connection that a certificate opened ends when the device is rejected or removed [LIGHT-OPEN-14]", async () => {
  for (const [end, code] of [
    ["reject", 4501],
    ["remove", 4500],
  ] as const) {
    await enrol();
    const device = await openDevice(url, { certificate });
    await device.ask("Attach");
    await acs.server.client.devices[end](key);
    assert.equal((await device.ended.take()).code, code);
    if (end === "reject") await acs.server.client.devices.approve(key);
  }
});

/** The credentials that the device is given in a session that its certificate opens. */
async function given(event: string): Promise<Credentials> {
  using wire = await CertifiedWire.open(acs.port, own);
  const parameters = { "Device.DeviceInfo.SoftwareVersion": "1" };
  assertInformed(await wire.post(informText({ events: [event], parameters })));
  const call = readCall(await wire.post(""));
  assert.ok(call.method === "SetParameterValues");
  const accepted = "<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>";
  assert.equal((await wire.post(envelopeText(accepted, { id: call.id }))).status, 204);
  return credentialsIn(call.params.ParameterList).login;
}

async function enrol(): Promise<void> {
  using wire = await CertifiedWire.open(acs.port, own);
  assertInformed(await wire.post(informText({ events: ["0 BOOTSTRAP"] })));
}

function assertInformed(reply: HttpReply): void {
  assert.equal(reply.status, 200);
  assert.match(reply.body, /InformResponse/);
}

function keyOf(text: string): DeviceKey {
  const found = parseDeviceKey(text);
  assert.ok(found !== undefined);
  return found;
}

async function shown(): Promise<Device> {
  return acs.server.client.devices.get(key);
}
