import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { envelopeText, informText, valuesText } from "../envelopes.ts";
import { PolicyDevice } from "../policies/policy-device.ts";
import { fetched, FIRMWARE, TransferringDevice } from "../transferring-device.ts";
import { RunningRoles, whyNoRoles } from "./running-roles.ts";

const skip = whyNoRoles() ?? false;
const MODE = "Device.X_F0F0F0_Dial.Mode";

const resources = new AsyncDisposableStack();
let acs: RunningRoles;
before(async () => {
  if (skip === false) acs = resources.use(await RunningRoles.start({ counts: { cwmp: 2, engine: 2 } }));
});
after(() => resources.disposeAsync());

test("with a process for each role a classic device is called, and fetches a file", { skip }, async () => {
  const client = acs.client();
  await using it = await TransferringDevice.enrol(client, {
    acsUrl: acs.acsUrl,
    deviceId: { SerialNumber: "ROLES1" },
  });
  const asked = await client.operations.create(it.key, { method: "Reboot", params: { CommandKey: "r1" } });
  await it.device.inform();
  await it.device.expectRpc("Reboot");
  await it.device.answer();
  await it.device.expectNothing();
  assert.equal((await client.operations.get(asked.id)).state, "done");
  const file = await it.addFirmware();
  const operation = await client.operations.download(it.key, { file: file.id });
  const { URL, CommandKey = "" } = await it.acceptDownload();
  assert.deepEqual(await fetched(URL), FIRMWARE);
  await it.report(CommandKey, {}, ["1 BOOT", "7 TRANSFER COMPLETE", "M Download"]);
  assert.equal((await client.operations.get(operation.id)).state, "done");
});

test("a session goes on where a request of it comes to another process", { skip }, async () => {
  const urls = acs.of("cwmp").map(({ southboundPort }) => `http://127.0.0.1:${southboundPort}/`);
  const client = acs.client();
  const inform = informText({ serial: "ROLES2" });
  await session(urls, inform);
  const { id } = await client.operations.create("001122-Box-ROLES2", {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.X"] },
  });
  await session(urls, inform);
  // What it says comes by where the api process does not see it.
  await assert.rejects(client.traces.switchOn("001122-Box-ROLES2"), { reason: "untraceable-here" });
  const { state, result } = await client.operations.get(id);
  assert.deepEqual([state, result], ["done", { ParameterList: { "Device.": { X: "1" } } }]);
});

test("a light device is called, and told of a policy, by whichever engine there is", { skip }, async () => {
  const client = acs.client();
  await using device = await new PolicyDevice({ acsUrl: acs.acsUrl, serial: "ROLES3" }).start();
  const get = { method: "GetParameterValues", params: { ParameterNames: [MODE] } } as const;
  const isCalled = async (): Promise<void> => {
    const { state } = await client.operations.create(device.key, { ...get, wait: 40 });
    assert.equal(state, "done");
  };
  await isCalled();
  for (const engine of acs.of("engine")) {
    await engine.kill();
    await isCalled();
    engine.start();
    await engine.ready();
  }
  await client.groups.set("gold", { expression: 'tag = "gold"' });
  await client.groups.addTag(device.key, "gold");
  await client.policies.set("dial", { group: "gold", values: { "Device.X_F0F0F0_Dial.": { Mode: "a" } } });
  await client.policies.publish("dial");
  await device.isTold("dial 1");
});

test(
  "where there is no engine nothing is accepted and newcomers come later, until there is one again",
  { skip },
  async () => {
    const [engine, other] = acs.of("engine");
    const [gateway] = acs.of("cwmp");
    assert.ok(engine !== undefined && other !== undefined && gateway !== undefined);
    await Promise.all([engine.stop(), other.stop()]);
    assert.equal(await gateway.isReady(), false);
    assert.equal((await post(acs.acsUrl, informText({ serial: "ROLES4" }))).status, 503);
    engine.start();
    await gateway.ready();
    assert.equal((await post(acs.acsUrl, informText({ serial: "ROLES4" }))).status, 200);
  },
);

/** A session of which each request comes to the next of these processes, on a connection of its own. */
async function session(urls: readonly string[], inform: string): Promise<void> {
  let said = inform;
  let cookie = "";
  for (let at = 0; ; at += 1) {
    const posted = await post(urls[at % urls.length] ?? "", said, cookie);
    if (posted.status === 204) return;
    assert.equal(posted.status, 200, posted.text);
    cookie = posted.cookie;
    said = answerTo(posted.text);
  }
}

function answerTo(said: string): string {
  const [, id = ""] = /ID[^>]*>([^<]*)</.exec(said) ?? [];
  if (said.includes("InformResponse")) return "";
  if (said.includes("GetParameterValues")) return valuesText(id);
  const fault =
    "<s:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>" +
    "<FaultCode>9001</FaultCode><FaultString>no credentials, please</FaultString></cwmp:Fault></detail></s:Fault>";
  return envelopeText(fault, { id });
}

interface Posted {
  readonly status: number;
  readonly text: string;
  readonly cookie: string;
}

/** On a connection of its own. */
async function post(url: string, body: string, cookie = ""): Promise<Posted> {
  const headers = { "content-type": "text/xml", connection: "close", ...(cookie === "" ? {} : { cookie }) };
  const response = await fetch(url, { method: "POST", body, headers });
  const text = await response.text();
  const [set = cookie] = response.headers.getSetCookie();
  return { status: response.status, text, cookie: set.split(";")[0] ?? "" };
}
