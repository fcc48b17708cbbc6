import assert from "node:assert/strict";
import { test } from "node:test";
import { LockstepDevice } from "@heliograph/testkit";
import { OFFER, openSocket } from "./light-bench.ts";
import { RunningRoles, whyNoRoles } from "./machines/running-roles.ts";
import { guidedConfiguration, NATS_CA } from "./other-systems/guided-nats.ts";

const READ = { method: "GetParameterValues", params: { ParameterNames: ["Device.DeviceInfo.UpTime"] } };

test(
  "each role does its work by the permissions of its own user, and NATS refuses nothing of it",
  { skip: whyNoRoles() ?? false },
  async () => {
    await using acs = await RunningRoles.start({
      flags: { "allow-plain-light": "true" },
      nats: {
        configuration: guidedConfiguration(),
        urlOf: (role, { port }) =>
          `tls://${role}:secret-of-${role}@127.0.0.1:${port}?ca=${encodeURIComponent(NATS_CA)}`,
      },
    });
    const client = acs.client();

    await using classic = new LockstepDevice({ acsUrl: acs.acsUrl, deviceId: { SerialNumber: "CLASSIC" } });
    await classic.inform({ events: ["0 BOOTSTRAP"] });
    await classic.expectRpc("SetParameterValues");
    await classic.fault(9001, "no credentials, please");
    await classic.expectNothing();
    const first = await client.operations.create(classic.key, READ);
    await classic.inform();
    await classic.expectRpc("GetParameterValues");
    await classic.answer({ ParameterList: { "Device.DeviceInfo.": { UpTime: 5 } } });
    await classic.expectNothing();
    assert.equal((await client.operations.get(first.id)).state, "done");

    await using light = new LockstepDevice({ acsUrl: acs.acsUrl, deviceId: { SerialNumber: "LIGHT" } });
    await light.inform({ events: ["0 BOOTSTRAP"], header: OFFER });
    const reference = light.header.webSocketReference ?? assert.fail("there is no reference");
    await light.expectNothing();
    await using socket = await openSocket({ ...reference, url: acs.lightUrl });
    await socket.request("Attach", {});
    const own = await socket.expectCall("SetParameterValues");
    socket.answer(own, { Status: 0 });
    const [second] = await Promise.all([
      client.operations.create(light.key, { ...READ, wait: 30 }),
      socket.expectCall("GetParameterValues").then((call) => socket.answer(call, { Values: [5] })),
    ]);
    assert.equal(second.state, "done");

    await client.devices.remove(light.key);
    await socket.expectClose();
    for (const { name, complaints } of acs.processes) {
      assert.doesNotMatch(complaints, /NATS refuses|ended a subscription|not kept by NATS/, name);
    }
  },
);
