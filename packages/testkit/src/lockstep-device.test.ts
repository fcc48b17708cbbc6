import assert from "node:assert/strict";
import { test } from "node:test";
import { request as httpRequest } from "node:http";
import { Authenticator } from "@heliograph/agent/node";
import { fileLedger } from "./ledger.ts";
import { LockstepDevice } from "./lockstep-device.ts";
import { ScriptedAcs } from "./scripted-acs.ts";
import { tempDir } from "./temp-dir.ts";

const credentials = { username: "cpe", password: "secret" };

test("a session goes line by line: Inform, call, answer, nothing", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  acs.call({ method: "Reboot", params: { CommandKey: "k1" } });
  await device.inform({ events: ["1 BOOT", { EventCode: "M Reboot", CommandKey: "k0" }] });
  const call = await device.expectRpc("Reboot");
  assert.equal(call.params.CommandKey, "k1");
  await device.answer();
  await device.expectNothing();
  assert.deepEqual((await acs.informs.take()).Event, [
    { EventCode: "1 BOOT" },
    { EventCode: "M Reboot", CommandKey: "k0" },
  ]);
  assert.equal((await acs.settled.take()).method, "Reboot");
});

test("a challenge of the ACS is answered, and cookies come back", async () => {
  await using acs = await new ScriptedAcs(credentials).open();
  await using device = new LockstepDevice({ acsUrl: acs.url, credentials });
  await device.inform();
  await device.expectNothing();
  await using stranger = new LockstepDevice({ acsUrl: acs.url });
  await stranger.sendInform();
  await stranger.expectStatus(401);
});

test("a device without cookies is known by its TCP connection only", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url, cookies: false });
  await device.inform();
  await device.expectNothing();
  await device.inform();
  device.cut();
  await device.sendEmpty();
  await device.expectStatus(400);
});

test("a device refuses a call with a fault", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  acs.call({ method: "GetParameterValues", params: { ParameterNames: ["Device.No"] } });
  await device.inform();
  const { params } = await device.expectRpc("GetParameterValues");
  assert.deepEqual(params.ParameterNames, ["Device.No"]);
  await device.fault(9005, "Invalid parameter name");
  await device.expectNothing();
  assert.deepEqual(await acs.settled.take(), {
    method: "Fault",
    fault: { code: 9005, message: "Invalid parameter name" },
  });
});

test("what the ACS sends in place of what is expected is named", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  acs.call({ method: "FactoryReset", params: {} });
  await device.inform();
  await assert.rejects(
    device.expectRpc("Reboot"),
    /Reboot is expected, the ACS sends a call of FactoryReset/,
  );
  await assert.rejects(device.answer(), /no RPC waits for an answer/);
});

test("every RPC that reached the device stands in its ledger, on disk before it is answered", async () => {
  using directory = tempDir();
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url, ledger: fileLedger(directory.file("ledger")) });
  acs.call({ method: "Reboot", params: { CommandKey: "once" } });
  acs.call({ method: "FactoryReset", params: {} });
  await device.inform();
  await device.sendEmpty();
  const [entry] = fileLedger(directory.file("ledger")).entries();
  assert.equal(entry?.method, "Reboot");
  assert.equal(entry.commandKey, "once");
  assert.equal(entry.device, device.key);
  assert.match(entry.id ?? "", /^[0-9a-f]{8}$/);
  await device.expectRpc("Reboot");
  await device.answer();
  await device.expectRpc("FactoryReset");
  assert.deepEqual(
    device.ledger.entries().map(({ method }) => method),
    ["Reboot", "FactoryReset"],
  );
});

test("a cut before the answer loses the answer; a cut after sending loses only the reply", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  acs.call({ method: "Reboot", params: { CommandKey: "a" } });
  await device.inform();
  await device.expectRpc("Reboot");
  device.cut();
  assert.equal(acs.settled.untaken, 0);

  acs.call({ method: "Reboot", params: { CommandKey: "b" } });
  await device.inform();
  await device.expectRpc("Reboot");
  device.cutNext();
  await device.answer();
  assert.equal((await acs.settled.take()).method, "Reboot");
  await assert.rejects(device.expectNothing(), /was cut before the reply/);

  device.cutNext({ afterBytes: 600 });
  await device.sendInform();
  await device.inform();
  assert.equal(acs.informs.untaken, 3, "the Inform that was cut off is none");
});

test("a refused Inform and raw bytes are seen by their status", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  acs.refuse(503);
  await device.sendInform();
  await device.expectStatus(503);
  await device.sendRaw("POST /acs HTTP/1.1\r\nHost: acs\r\nContent-Length: 3\r\n\r\nabc");
  await device.expectStatus(400);
});

test("the ACS answers a request of the device", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  await device.inform({ events: ["7 TRANSFER COMPLETE", { EventCode: "M Download", CommandKey: "d" }] });
  await device.request({
    method: "TransferComplete",
    params: {
      CommandKey: "d",
      FaultStruct: { FaultCode: 0 },
      StartTime: "2026-01-01T00:00:00Z",
      CompleteTime: "2026-01-01T00:00:01Z",
    },
  });
  await device.expectNothing();
  assert.equal((await acs.requests.take()).method, "TransferComplete");
});

test("a connection request with the right credentials is noticed", async () => {
  await using device = new LockstepDevice({ acsUrl: "http://127.0.0.1:9/", patienceMs: 2_000 });
  const url = await device.listen(credentials);
  const challenge = await get(url);
  assert.equal(challenge.status, 401);
  const authenticator = new Authenticator({ credentials, allowBasic: false });
  assert.ok(authenticator.challenged(challenge.authenticate));
  const authorization = authenticator.authorization({ method: "GET", uri: new URL(url).pathname });
  assert.equal((await get(url, authorization)).status, 200);
  await device.expectConnectionRequest();
  assert.equal((await get(url, authorization)).status, 401, "an answer that was overheard is of no use");
  assert.equal(device.connectionRequests, 0);
});

test("credentials that the ACS gives are adopted, for sessions and for connection requests", async () => {
  await using acs = await new ScriptedAcs(credentials).open();
  await using device = new LockstepDevice({ acsUrl: acs.url, patienceMs: 2_000 });
  const url = await device.listen();
  device.adopt({
    "Device.ManagementServer.": {
      Username: "cpe",
      Password: "secret",
      ConnectionRequestUsername: "acs",
      ConnectionRequestPassword: "ring",
    },
  });
  await device.inform();
  await device.expectNothing();
  const authenticator = new Authenticator({
    credentials: { username: "acs", password: "ring" },
    allowBasic: false,
  });
  assert.ok(authenticator.challenged((await get(url)).authenticate));
  const authorization = authenticator.authorization({ method: "GET", uri: new URL(url).pathname });
  assert.equal((await get(url, authorization)).status, 200);
  await device.expectConnectionRequest();
});

test("SOAP headers go and come", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  acs.say({ holdRequests: true });
  await device.inform({ header: { webSocketSupport: ["cwmp.json"] } });
  assert.deepEqual(device.header, { holdRequests: true });
});

test("a call that waits for its answer is not passed over by mistake", async () => {
  await using acs = await new ScriptedAcs().open();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  acs.call({ method: "Reboot", params: {} });
  await device.inform();
  await device.expectRpc("Reboot");
  await assert.rejects(device.expectNothing(), /Reboot waits for an answer/);
  await device.sendEmpty();
  await device.expectNothing();
});

async function get(url: string, authorization?: string): Promise<{ status: number; authenticate: string }> {
  return new Promise((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    const request = httpRequest(url, { headers }, (response) => {
      response.resume();
      resolve({
        status: response.statusCode ?? 0,
        authenticate: response.headers["www-authenticate"] ?? "",
      });
    });
    request.once("error", reject);
    request.end();
  });
}
