import assert from "node:assert/strict";
import type { OperationRequest } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";
import { envelopeText } from "../envelopes.ts";
import type { InformText } from "../envelopes.ts";
import type { RunningServer } from "../running-server.ts";
import { BareDevice, readCall } from "./bare-device.ts";
import type { BareReply } from "./bare-wire.ts";
import { assertNothing, called } from "./messages-odd-device.ts";

/** What every bare device says it is. */
export const BOX = { oui: "001122", productClass: "Box" };

/** A device that runs that software, and wants no credentials: its first session is over. */
export async function boxWith(
  server: RunningServer,
  software: string,
  text: InformText = {},
): Promise<BareDevice> {
  const device = new BareDevice(server);
  assert.equal((await introduced(device, software, text)).status, 200);
  assertNothing(await declining(device));
  return device;
}

/** What the device's first Inform is answered. */
export function introduced(device: BareDevice, software: string, text: InformText = {}): Promise<BareReply> {
  const parameters = { "Device.DeviceInfo.SoftwareVersion": software };
  return device.post(device.inform({ events: ["0 BOOTSTRAP"], parameters, ...text }));
}

/** What comes after the credentials, which the device declines. */
export async function declining(device: BareDevice): Promise<BareReply> {
  assert.equal(readCall(await device.post("")).method, "SetParameterValues");
  const fault =
    "<cwmp:Fault><FaultCode>9001</FaultCode><FaultString>no, thank you</FaultString></cwmp:Fault>";
  return device.post(envelopeText(`<s:Fault><detail>${fault}</detail></s:Fault>`));
}

/** The value of a parameter as it is written to the device, in a session of its own. */
export async function writtenTo(device: BareDevice, request: OperationRequest): Promise<string> {
  const { reply } = await called(device, request);
  assertNothing(
    await device.post(
      envelopeText("<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>"),
    ),
  );
  return valueIn(reply);
}

export function valueIn({ body }: BareReply): string {
  const value = /<Value [^>]*>([^<]*)<\/Value>/.exec(body)?.[1];
  assert.ok(value !== undefined, `a value is written: ${body}`);
  return value;
}

/** The device reports a boolean as it writes them, when it is asked for one. */
export async function reportsBoolean(device: BareDevice, text: string): Promise<void> {
  const { call } = await called(device, {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device.A.B"] },
  });
  const value = `<Value xsi:type="xsd:boolean">${text}</Value>`;
  const struct = `<ParameterValueStruct><Name>Device.A.B</Name>${value}</ParameterValueStruct>`;
  const list = `<ParameterList>${struct}</ParameterList>`;
  const response = `<cwmp:GetParameterValuesResponse>${list}</cwmp:GetParameterValuesResponse>`;
  assertNothing(await device.post(envelopeText(response, { id: call.id })));
}

/** What holds for the device where it is not usual: the value, and where it comes from. */
export async function knownOf({ devices }: Client, { key }: BareDevice) {
  const { items } = await devices.quirks(key);
  return Object.fromEntries(
    items
      .filter(({ how }) => how !== "usual")
      .map(({ name, value, how, from, by }) => [name, [value, how, from, ...(by === undefined ? [] : [by])]]),
  );
}
