import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { decodeEnvelope, defaultLimits, type SoapBody } from "@heliograph/protocol";
import { tempDir } from "@heliograph/testkit";
import { envelopeText } from "./envelopes.ts";
import { BareDevice, readCall } from "./quirks/bare-device.ts";
import type { BareReply } from "./quirks/bare-wire.ts";
import { called, oddDevice } from "./quirks/messages-odd-device.ts";
import { rpcSamples } from "./rpc-samples.ts";
import { RunningServer } from "./running-server.ts";

/** What cannot be played to the end of a session, and why. */
const unplayable: Readonly<Record<string, string>> = {
  "007-thomson-Inform.xml": "it was damaged where it was published: an attribute lacks its end",
  "087-tr069client-Inform.xml": "a template: it names no device",
  "109-zte-Inform.xml": "a text of a program, with its quotes escaped",
  "131-mikrotik-GetParameterValuesResponse.xml": "an excerpt: its tail is cut",
  "135-baicells-fap-Inform.xml": "an excerpt: its tail is cut",
  "137-sagemcom-Inform.xml": "an excerpt: its tail is cut",
  "139-broadcom-router-Inform.xml": "an excerpt: its tail is cut",
  "141-china-cpe-GetParameterValuesResponse.xml": "an excerpt: its tail is cut",
  "143-femtocell-Fault.xml": "an excerpt: its tail is cut",
  "145-hitron-Inform.xml": "its shape alone: the values are left out",
};

/** Of what was published with HTTP heads or prompts around it, what the body was. */
const ENVELOPE = /(?:<\?xml[^>]*\?>\s*)?<(?:[\w-]+:)?Envelope[\s\S]*<\/(?:[\w-]+:)?Envelope>/;
const folder = join(process.env["HELIOGRAPH_TEST_DATA"] ?? "", "real");
const hasData = (process.env["HELIOGRAPH_TEST_DATA"] ?? "") !== "";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

if (!hasData) {
  test("messages of real devices are played to the end of a session", (t) =>
    t.skip("HELIOGRAPH_TEST_DATA names no folder of real messages"));
}

for (const file of hasData ? readdirSync(folder) : []) {
  const published = readFileSync(join(folder, file), "utf8");
  const reason = unplayable[file];
  if (reason !== undefined) {
    test(`${file} is refused, and does no harm: ${reason}`, async () => {
      await using device = new BareDevice(server);
      const { status, body } = await device.post(published, {});
      assert.ok(status === 400 || body.includes("<FaultCode>8003<"), `${status}: ${body}`);
      assert.equal((await device.post(device.inform({ events: ["0 BOOTSTRAP"] }), {})).status, 200);
    });
    continue;
  }
  test(`${file}, as it was published, is played to the end of a session`, async () => {
    const [text = published] = ENVELOPE.exec(published) ?? [];
    const envelope = decodeEnvelope(text, { role: "acs", limits: defaultLimits });
    assert.ok(envelope.ok, "it is an envelope");
    await play(text, envelope.value.body);
  });
}

async function play(text: string, body: SoapBody<"acs">): Promise<void> {
  switch (body.kind) {
    case "request":
      return body.method === "Inform" ? inform(text) : report(text, body.method);
    case "answer":
      return answer(text, { method: body.method, state: "done" });
    case "fault":
      return answer(text, { method: "GetParameterValues", state: "faulted" });
    default:
      assert.fail(`nobody plays ${body.kind}`);
  }
}

async function inform(text: string): Promise<void> {
  await using device = new BareDevice(server);
  const informed = await device.post(text, {});
  assert.match(informed.body, /InformResponse>/);
  await toTheEnd(device, await device.post(""));
}

async function report(text: string, method: string): Promise<void> {
  await using device = await BareDevice.known(server);
  await device.post(device.inform(), {});
  assert.ok((await device.post(text)).body.includes(`${method}Response`));
  assert.equal((await device.post("")).status, 204);
}

async function answer(
  text: string,
  { method, state }: { readonly method: string; readonly state: string },
): Promise<void> {
  const sample = rpcSamples.find((rpc) => rpc.answerer === "device" && rpc.method === method);
  assert.ok(sample !== undefined);
  await using device = await oddDevice(server);
  const { operation } = await called(device, { method, params: sample.params });
  await toTheEnd(device, await device.post(text));
  const ended = await server.client.operations.get(operation.id);
  assert.equal(ended.state, state, ended.reason);
}

/** Refuses whatever else is asked. */
async function toTheEnd(device: BareDevice, first: BareReply): Promise<void> {
  const fault = "<cwmp:Fault><FaultCode>9001</FaultCode><FaultString>no</FaultString></cwmp:Fault>";
  let reply = first;
  for (let count = 0; count < 5 && reply.status === 200; count += 1) {
    const { id } = readCall(reply);
    reply = await device.post(envelopeText(`<s:Fault><detail>${fault}</detail></s:Fault>`, { id }));
  }
  assert.equal(reply.status, 204);
}
