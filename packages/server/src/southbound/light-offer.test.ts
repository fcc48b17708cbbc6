import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, type AcsParams } from "@heliograph/protocol";
import { advertised, offerOf } from "./light-offer.ts";

const PARAMETER = "Device.ManagementServer.X_HELIOGRAPH_WebSocketSubprotocols";
const URL = "wss://acs.example/light";

test("a device advertises by a SOAP header, by an Inform parameter, or both, of which the header counts", () => {
  const offered = ["cwmp.json", "cwmp.soap"];
  assert.equal(advertised({}, inform()), undefined);
  assert.deepEqual(advertised({ webSocketSupport: offered }, inform()), {
    subprotocols: offered,
    byParameter: false,
  });
  assert.deepEqual(advertised({}, inform("cwmp.json cwmp.soap")), {
    subprotocols: offered,
    byParameter: true,
  });
  assert.equal(advertised({ webSocketSupport: offered }, inform("cwmp.json"))?.byParameter, false);
});

test("a device is referred to the first subprotocol of its own order that we speak [LIGHT-REFER-4]", () => {
  const offer = (names: readonly string[]) => offerOf({ subprotocols: names, byParameter: true }, URL);
  assert.deepEqual(offer(["v1.usp", "cwmp.json"]), { url: URL, subprotocol: "cwmp.json", byParameter: true });
  assert.equal(offer(["v1.usp"]), undefined);
  assert.equal(offer([]), undefined);
});

function inform(subprotocols?: string): AcsParams<"Inform"> {
  const values = subprotocols === undefined ? [] : [[PARAMETER, subprotocols] as const];
  return {
    DeviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Box", SerialNumber: "1" },
    Event: [],
    MaxEnvelopes: 1,
    CurrentTime: "2026-01-01T00:00:00Z",
    RetryCount: 0,
    ParameterList: grouped([["Device.DeviceInfo.SoftwareVersion", "1"] as const, ...values]),
  };
}
