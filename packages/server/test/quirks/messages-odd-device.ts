import assert from "node:assert/strict";
import type { OperationRequest, Parameters } from "@heliograph/api";
import type { HttpReply } from "@heliograph/testkit";
import { envelopeText } from "../envelopes.ts";
import type { RunningServer } from "../running-server.ts";
import { BareDevice, readCall } from "./bare-device.ts";

/** What its Informs say of its data model, unless a test has them say more. */
const MODEL = { "Device.DeviceInfo.SoftwareVersion": "1.0" };

/** A device that wants no credentials, so that a session calls nothing but what a test asks for. */
export async function oddDevice(server: RunningServer): Promise<BareDevice> {
  const device = new BareDevice(server);
  await device.post(device.inform({ events: ["0 BOOTSTRAP"], parameters: MODEL }));
  assert.equal(readCall(await device.post("")).method, "SetParameterValues");
  const refusal =
    "<cwmp:Fault><FaultCode>9001</FaultCode><FaultString>no, thank you</FaultString></cwmp:Fault>";
  assert.equal(
    (await device.post(envelopeText(`<s:Fault><detail>${refusal}</detail></s:Fault>`))).status,
    204,
  );
  return device;
}

/** The operation that was asked for, and the call by which the device hears of it in a new session. */
export async function called(device: BareDevice, request: OperationRequest) {
  const operation = await device.wanted(request);
  assert.equal((await device.post(device.inform(), {})).status, 200);
  const reply = await device.post("");
  return { operation, reply, call: readCall(reply) };
}

/** What a device writes in place of what is usual. */
export type Oddity = readonly [usual: string | RegExp, odd: string];

/** A message with oddities; fails where what they stand for is not in it. */
export function oddly(text: string, ...oddities: readonly Oddity[]): string {
  return oddities.reduce((written, [usual, odd]) => {
    const at = typeof usual === "string" ? written.indexOf(usual) : written.search(usual);
    assert.notEqual(at, -1, `${written} should have ${String(usual)}`);
    return written.replace(usual, odd);
  }, text);
}

/** The events that the store holds of all a device's Informs but its first: name, code and CommandKey. */
export async function eventsOf(server: RunningServer, { key }: BareDevice) {
  const { items } = await server.client.devices.events(key, { limit: 1_000 });
  const sent = items.filter(({ name, data }) => data["code"] !== undefined && name !== "bootstrap");
  return sent.map(({ name, data }) => [name, data["code"], data["commandKey"]]);
}

/** The values that the store holds of an object of the device. */
export async function valuesOf(
  server: RunningServer,
  { key }: BareDevice,
  object: string,
): Promise<Parameters["ParameterList"][string]> {
  const { ParameterList: values } = await server.client.devices.parameters(key, object);
  return values[object] ?? {};
}

/** How the ACS frames what it sends. */
export interface Frame {
  /** Null where it must send none. */
  readonly id?: string | null;
  readonly namespace?: string;
  readonly declaration?: boolean;
}

/** An envelope of the ACS, to the letter. */
export function ourEnvelope(body: string, { id = "d1", namespace, declaration = false }: Frame = {}): string {
  const header = `<soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">${id}</cwmp:ID></soap-env:Header>`;
  return (
    (declaration ? '<?xml version="1.0" encoding="UTF-8"?>' : "") +
    '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"' +
    ' xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
    ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="${namespace ?? "urn:dslforum-org:cwmp-1-2"}">` +
    `${id === null ? "<soap-env:Header/>" : header}<soap-env:Body>${body}</soap-env:Body></soap-env:Envelope>`
  );
}

/** What comes with 413, to somebody who wrote in that namespace, or whose namespace nobody knows. */
export function tooLarge(namespace = "urn:dslforum-org:cwmp-1-0"): string {
  const text = "<FaultString>Resources exceeded: the body is too large</FaultString>";
  const detail = `<detail><cwmp:Fault><FaultCode>8004</FaultCode>${text}</cwmp:Fault></detail>`;
  const fault = `<faultcode>Server</faultcode><faultstring>CWMP fault</faultstring>${detail}`;
  return ourEnvelope(`<soap-env:Fault>${fault}</soap-env:Fault>`, { id: null, namespace });
}

/** Fails unless the ACS sent that body in one piece, and its length where it has one. */
export function assertSent({ status, headers, body }: HttpReply, wanted: number, text: string): void {
  assert.deepEqual([status, body], [wanted, text]);
  // No content has no length either [RFC 9110 8.6].
  const length = status === 204 ? undefined : [String(Buffer.byteLength(text))];
  assert.deepEqual(headers.get("content-length"), length);
  assert.equal(headers.get("transfer-encoding"), undefined);
  assert.equal(headers.get("content-encoding"), undefined);
}

/** Fails unless the ACS answered an Inform, to the letter. */
export function assertInformed(reply: HttpReply, frame: Frame = {}): void {
  const body = "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>";
  assertSent(reply, 200, ourEnvelope(body, frame));
  assert.deepEqual(reply.headers.get("content-type"), ["text/xml; charset=utf-8"]);
}

/** Fails unless the ACS had nothing to ask, to the letter. */
export function assertNothing(reply: HttpReply): void {
  assertSent(reply, 204, "");
}
