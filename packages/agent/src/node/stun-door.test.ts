import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeStun, encodeStun, stunLimits, type StunAddress } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { dataModel } from "../data-model.ts";
import { Device } from "../device.ts";
import { deviceId } from "./classic-device.fixture.ts";
import { takeUdpRequests, withStunParameters } from "./stun-door.ts";

const SERVER = "Device.ManagementServer.";

function open(server?: Partial<StunAddress>) {
  const clock = new VirtualClock();
  const dataOfIt = dataModel({ "Device.DeviceInfo.Description": "behind a NAT" });
  const options = { acsUrl: "http://192.0.2.9:7547/", deviceId, dataModel: dataOfIt, clock };
  const nothing = (): void => undefined;
  const device = new Device(withStunParameters(options, server), {
    wanted: nothing,
    booted: nothing,
    goingDown: nothing,
    moved: nothing,
  });
  const asked: StunAddress[] = [];
  let answer: (mapped: StunAddress) => void = nothing;
  let hear: (bytes: Uint8Array) => void = nothing;
  const port = {
    local: { address: "10.0.0.2", port: 7547 },
    send(bytes: Uint8Array, to: StunAddress) {
      asked.push(to);
      const read = decodeStun(bytes, stunLimits);
      assert.ok(read.ok);
      const { transaction } = read.value;
      answer = (mapped) => {
        hear(encodeStun({ type: "binding-response", transaction, mapped }));
      };
    },
    listen(listener: (bytes: Uint8Array) => void) {
      hear = listener;
    },
    close: nothing,
  };
  takeUdpRequests({ device, summon: nothing }, { port, clock });
  return { device, asked, answer: (mapped: StunAddress) => answer(mapped) };
}

test("the STUN server is the ACS's host at port 3478, or what is said of it [CWMP-UDP-7]", () => {
  assert.deepEqual(open().asked, [{ address: "192.0.2.9", port: 3478 }]);
  const other = { address: "192.0.2.10", port: 3479 };
  assert.deepEqual(open(other).asked, [other]);
});

test("what the server sees is told in parameters and by each Inform, with whether a NAT is there [CWMP-UDP-6, CWMP-UDP-8]", () => {
  const it = open();
  it.answer({ address: "198.51.100.7", port: 5000 });
  const { ParameterList } = it.device.inform({ events: [], changed: [], requests: 0 }, 0);
  assert.equal(ParameterList[SERVER]?.["UDPConnectionRequestAddress"], "198.51.100.7:5000");
  assert.equal(it.device.model.get(`${SERVER}NATDetected`), true);
  const open6 = open();
  open6.answer({ address: "2001:db8::7", port: 5000 });
  assert.equal(open6.device.settings.text("UDPConnectionRequestAddress"), "[2001:db8:0:0:0:0:0:7]:5000");
});

test("a device that is seen where it is knows of no NAT [CWMP-UDP-8]", () => {
  const it = open();
  it.answer({ address: "10.0.0.2", port: 7547 });
  assert.equal(it.device.model.get(`${SERVER}NATDetected`), false);
});
