import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import type { HttpReply } from "@heliograph/testkit";
import { envelopeText, informText, valuesText } from "../envelopes.ts";
import { RunningServer } from "../running-server.ts";
import { readCall } from "./bare-device.ts";
import {
  assertNothing,
  assertSent,
  called,
  oddDevice,
  oddly,
  ourEnvelope,
  valuesOf,
} from "./messages-odd-device.ts";
import type { Frame } from "./messages-odd-device.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const read = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const NO_SESSION = "no such session: begin with an Inform\n";

/** The faults of the ACS to what it cannot read. */
function refusal(detail: string, frame: Frame): string {
  const cwmp = `<cwmp:Fault><FaultCode>8003</FaultCode><FaultString>Invalid arguments: ${detail}</FaultString></cwmp:Fault>`;
  const fault = `<faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail>${cwmp}</detail>`;
  return ourEnvelope(`<soap-env:Fault>${fault}</soap-env:Fault>`, frame);
}

interface Garbage {
  readonly kind: string;
  readonly body: string;
  /** What a person reads of it, where it is no XML. */
  readonly plain?: string;
  /** The detail of the fault, where it is. */
  readonly fault?: string;
}

const garbage: readonly Garbage[] = [
  { kind: "a web form", body: "a=1&b=2", plain: "text outside the root element at character 0" },
  { kind: "JSON", body: '{"method":"Inform"}', plain: "text outside the root element at character 0" },
  { kind: "HTML", body: "<html><body><br></body></html>", plain: "not the end of <br> at character 16" },
  { kind: "a single character", body: "x", plain: "text outside the root element at character 0" },
  {
    kind: "an Inform that ends in its middle",
    body: informText().replace("</s:Envelope>", ""),
    plain: "the text ends inside <s:Envelope> at character",
  },
  { kind: "two Informs", body: informText() + informText(), plain: "a second root element at character" },
  { kind: "XML that is no SOAP", body: "<Inform/>", fault: "Inform: it is no Envelope" },
  {
    kind: "an Envelope without a Body",
    body: '<s:Envelope xmlns:s="x"/>',
    fault: "Envelope/Body: it is missing or empty",
  },
  {
    kind: "an Envelope with an empty Body",
    body: envelopeText(""),
    fault: "Envelope/Body: it is missing or empty",
  },
];
for (const each of garbage) {
  test(`${each.kind} is refused outside a session, and opens none [QUIRKS-MESSAGE-23]`, async () => {
    await using device = await oddDevice(server);
    await device.reconnect();
    assertRefused(await device.post(each.body, {}), each, {
      id: null,
      namespace: "urn:dslforum-org:cwmp-1-0",
    });
    assert.equal((await device.post(valuesText(), {})).body, NO_SESSION);
  });

  test(`${each.kind} in place of an answer is refused: the call is neither answered by it nor followed by another [QUIRKS-MESSAGE-23]`, async () => {
    await using device = await oddDevice(server);
    const { operation } = await called(device, read);
    const next = await device.wanted({ method: "Reboot", params: { CommandKey: "k" } });
    assertRefused(await device.post(each.body), each, { id: null });
    assertNothing(await device.post(""));
    assert.deepEqual(await device.kept(next), { state: "queued", attempts: 0 });

    const again = await called(device, { method: "GetRPCMethods" });
    assert.equal(again.call.method, "GetParameterValues");
    assert.deepEqual(await device.kept(operation), { state: "running", attempts: 2 });
    assert.equal(readCall(await device.post(valuesText(again.call.id))).method, "Reboot");
    assert.equal((await device.kept(operation)).state, "done");
  });
}

const BOMB = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join("");
const doctypes: readonly (readonly [kind: string, doctype: string, use: string])[] = [
  ["a document type without entities", "<!DOCTYPE s:Envelope>", "plain"],
  ["an entity of its own", '<!DOCTYPE a [<!ENTITY own "value">]>', "&own;"],
  ["an entity that is a file", '<!DOCTYPE a [<!ENTITY file SYSTEM "file:///etc/passwd">]>', "&file;"],
  ["entities that grow", `<!DOCTYPE a [<!ENTITY l0 "lol">${BOMB}]>`, "&l9;"],
  ["a document type that lies elsewhere", '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">', "plain"],
  ["a parameter entity", '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>', "plain"],
  ["an entity that nobody declared", "", "&own;"],
  ["one of HTML's entities", "", "a&nbsp;b"],
];
for (const [kind, doctype, use] of doctypes) {
  const detail = (text: string) => {
    const at = doctype === "" ? text.indexOf(use) : 0;
    return `${at}: ${doctype === "" ? "an entity that is not predefined" : "a document type or the like"}`;
  };
  test(`an Inform with ${kind} is refused, and nothing of it is resolved or kept [QUIRKS-MESSAGE-69]`, async () => {
    await using device = await oddDevice(server);
    await device.reconnect();
    const inform = doctype + device.inform({ parameters: { "Device.A.B": use } });
    const frame = { id: null, namespace: "urn:dslforum-org:cwmp-1-0" };
    assertSent(await device.post(inform, {}), 400, refusal(detail(inform), frame));
    assert.equal((await device.post(valuesText(), {})).body, NO_SESSION);
    assert.deepEqual(await valuesOf(server, device, "Device.A."), {});
  });

  test(`an answer with ${kind} is refused, and its call is asked again [QUIRKS-MESSAGE-69]`, async () => {
    await using device = await oddDevice(server);
    const { operation, call } = await called(device, read);
    const answer = doctype + oddly(valuesText(call.id), ["<Value>1<", `<Value>${use}<`]);
    assertSent(await device.post(answer), 400, refusal(detail(answer), { id: null }));
    assertNothing(await device.post(""));
    assert.deepEqual(await valuesOf(server, device, "Device."), {});

    await device.post(device.inform(), {});
    const { id } = readCall(await device.post(""));
    assertNothing(await device.post(valuesText(id)));
    const result = { ParameterList: { "Device.": { X: "1" } } };
    assert.deepEqual(await device.kept(operation), { state: "done", attempts: 2, result });
  });
}

/** Fails unless it is refused with 400, and its sender told why. */
function assertRefused(reply: HttpReply, { plain, fault = "" }: Garbage, frame: Frame): void {
  if (plain === undefined) {
    assertSent(reply, 400, refusal(fault, frame));
    return;
  }
  assert.ok(reply.body.startsWith(`the body is no XML: ${plain}`), reply.body);
  assertSent(reply, 400, reply.body);
}
