import { expect, NotTested } from "../../case.ts";
import { advertisedIn } from "../../device/acs-server.ts";
import type { DeviceSeat } from "../../device/device-seat.ts";
import { isFields, member } from "../../json.ts";
import { elementIn, namespaceIn, textIn } from "../../speech/xml.ts";
import { shortened } from "../../trail.ts";
import type { DeviceCase } from "./asking.ts";

/** How a device Informs, opens its socket and attaches. */
export const comingCases: readonly DeviceCase[] = [
  {
    rule: "LIGHT-REFER-1",
    text: "the header WebSocketSupport of the Inform has the subprotocol, with mustUnderstand 0",
    async run(seat) {
      await seat.connection();
      const [inform = ""] = seat.informs;
      const support = elementIn(inform, "WebSocketSupport");
      if (support === undefined) throw new NotTested("the device advertises by the parameter alone");
      expect(
        /mustUnderstand\s*=\s*["']0["']/.test(support.attributes),
        "mustUnderstand 0",
        support.attributes,
      );
      const list = textIn(support.inside, "Subprotocols") ?? "";
      expect(list.split(/\s+/).includes(seat.subprotocol), seat.subprotocol, list);
    },
  },
  {
    rule: "LIGHT-REFER-2",
    text: "the Inform parameter has the subprotocol",
    async run(seat) {
      await seat.connection();
      const advertised = advertisedIn(seat.informs[0] ?? "");
      if (advertised === undefined) throw new NotTested("the device advertises by the header alone");
      expect(advertised.value.split(/\s+/).includes(seat.subprotocol), seat.subprotocol, advertised.value);
    },
  },
  {
    rule: "LIGHT-OPEN-1",
    text: "the device offers the subprotocol that it was referred to",
    async run(seat) {
      const { offered } = await seat.connection();
      expect(offered.includes(seat.subprotocol), seat.subprotocol, offered.join(", "));
    },
  },
  {
    rule: "LIGHT-OPEN-3",
    text: "the device shows the token of the reference, as Bearer or as a protocol entry",
    async run(seat) {
      const { token } = await seat.connection();
      if (token === undefined && seat.subprotocol === "v12.stomp")
        throw new NotTested("it may have come as passcode");
      expect(
        token !== undefined && seat.tokens.includes(token),
        "a token that it was given",
        token ?? "none",
      );
    },
  },
];

/** What a device has said so far, looked at as a whole. */
export const saidCases: readonly DeviceCase[] = [
  {
    rule: "LIGHT-LOSS-1",
    text: "no two requests of the device have the same id, on whatever connection they came",
    async run(seat) {
      await metOnce(seat);
      const ids = seat.connections.flatMap(({ calls }) =>
        calls.flatMap(({ id }) => (id === undefined ? [] : [JSON.stringify(id)])),
      );
      if (ids.length === 0) throw new NotTested("the device asked nothing");
      const twice = ids.find((id, index) => ids.indexOf(id) !== index);
      expect(twice === undefined, "ids that are unique", `${twice} twice`);
    },
  },
  {
    rule: "LIGHT-OPEN-9",
    text: "an Inform over the socket names the device that Informed over HTTP",
    async run(seat) {
      await metOnce(seat);
      const serial = textIn(seat.informs[0] ?? "", "SerialNumber") ?? "";
      const informs = seat.connections.flatMap(({ calls }) =>
        calls.filter(({ method }) => method === "Inform"),
      );
      if (informs.length === 0) throw new NotTested("the device sent no Inform over the socket");
      const other = informs.find(({ text }) => !text.includes(serial));
      expect(other === undefined, `the serial number ${serial}`, shortened(other?.text ?? ""));
    },
  },
];

/** `cwmp.soap`: its requests, looked at as a whole. */
export const soapSaidCases: readonly DeviceCase[] = [
  {
    rule: "LIGHT-SOAP-3",
    text: "the device has one request out at a time",
    async run(seat) {
      await metOnce(seat);
      if (seat.connections.every(({ calls }) => calls.length < 2))
        throw new NotTested("the device did not ask twice on a connection");
      const most = Math.max(...seat.connections.map(({ unanswered }) => unanswered.most));
      expect(most === 1, "one request that is not answered", `${most} of them`);
    },
  },
  {
    rule: "LIGHT-SOAP-1",
    text: "the requests of the device are SOAP envelopes of CWMP",
    async run(seat) {
      await metOnce(seat);
      const calls = seat.connections.flatMap((connection) => connection.calls);
      if (calls.length === 0) throw new NotTested("the device asked nothing");
      for (const { text, method } of calls) expectCwmp(text, method);
    },
  },
];

/** It may have gone for good by now. */
async function metOnce(seat: DeviceSeat): Promise<void> {
  if (seat.connections.length === 0) await seat.connection();
}

/** Looks at the namespaces of an envelope. */
export function expectCwmp(text: string, element: string): void {
  const [soap, cwmp] = [namespaceIn(text, "Envelope"), namespaceIn(text, element)];
  expect(
    soap === "http://schemas.xmlsoap.org/soap/envelope/",
    "Envelope in the namespace of SOAP 1.1",
    soap ?? `none: ${shortened(text)}`,
  );
  expect(
    cwmp?.startsWith("urn:dslforum-org:cwmp-1-") === true,
    `${element} in a namespace of CWMP`,
    cwmp ?? `none: ${shortened(text)}`,
  );
}

/** `cwmp.json`: Attach. */
export const attachCases: readonly DeviceCase[] = [
  {
    rule: "LIGHT-ATTACH-2",
    text: "the device attaches, and every field of its Attach has its type",
    async run(seat) {
      const { calls } = await seat.connection();
      const attach = calls.find(({ method }) => method === "Attach");
      expect(attach !== undefined, "Attach", calls.map(({ method }) => method).join(", ") || "no request");
      for (const name of ["MaxInFlight", "MaxMessageBytes", "ReplayWindow"]) {
        const value = member(attach.params, name);
        expect(
          value === undefined || Number.isInteger(value),
          `${name}, which is a whole number`,
          attach.text,
        );
      }
      expect(
        attach.params === undefined || isFields(attach.params),
        "params that are an object",
        attach.text,
      );
    },
  },
  {
    rule: "LIGHT-EVENT-1",
    text: "what comes before Attach is an Inform and nothing else",
    async run(seat) {
      const { calls } = await seat.connection();
      const before = calls.slice(
        0,
        calls.findIndex(({ method }) => method === "Attach"),
      );
      const odd = before.find(({ method }) => method !== "Inform");
      expect(odd === undefined, "Inform", odd?.method ?? "");
    },
  },
];
