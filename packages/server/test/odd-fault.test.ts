import assert from "node:assert/strict";
import { test } from "node:test";
import { LockstepDevice } from "@heliograph/testkit";
import { envelopeText } from "./envelopes.ts";
import { runAcs } from "./running-acs.ts";

for (const code of [9950, 12_345, -1]) {
  test(`a device's fault ${code}, which nobody knows, is shown as it came [CWMP-FAULT-7]`, async () => {
    await using acs = await runAcs();
    await using device = new LockstepDevice({ acsUrl: acs.url });
    await device.inform({ events: ["0 BOOTSTRAP"] });
    await device.expectRpc("SetParameterValues");
    await device.fault(9001, "no credentials, please");
    await device.expectNothing();
    const { id } = await acs.client.operations.create(device.key, { method: "FactoryReset" });
    await device.inform();
    await device.expectRpc("FactoryReset");
    const fault = `<FaultCode>${code}</FaultCode><FaultString>too late</FaultString>`;
    await device.sendBody(
      envelopeText(`<s:Fault><detail><cwmp:Fault>${fault}</cwmp:Fault></detail></s:Fault>`, { id: null }),
    );
    await device.expectNothing();
    const { state, fault: shown } = await acs.client.operations.get(id);
    assert.equal(state, "faulted");
    assert.deepEqual(shown, { code, message: "too late" });
  });
}
