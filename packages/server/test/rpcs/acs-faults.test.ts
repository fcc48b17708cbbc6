import assert from "node:assert/strict";
import { test } from "node:test";
import { SUBPROTOCOLS } from "@heliograph/agent";
import { createClient } from "@heliograph/api/client";
import {
  decodeEnvelope,
  decodeToken,
  defaultLimits,
  encodeFault,
  encodeTokenFault,
} from "@heliograph/protocol";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { startServer } from "../../src/main/server.ts";
import { readSettings } from "../../src/main/settings.ts";
import { StoreFullError, type Store } from "../../src/ports/index.ts";
import { LightLink, RefusedError } from "../light-link.ts";
import { runAcs } from "../running-acs.ts";

for (const subprotocol of SUBPROTOCOLS) {
  test(`by ${subprotocol} a device that says that it is another is denied with 8001, and its connection ends [RPCS-FAULT-2]`, async () => {
    await using acs = await runAcs();
    await using device = new LockstepDevice({ acsUrl: acs.url });
    await device.inform({ events: ["0 BOOTSTRAP"], header: { webSocketSupport: [subprotocol] } });
    const reference = device.header.webSocketReference;
    assert.ok(reference !== undefined);
    await device.expectNothing();
    const link = await LightLink.open({ ...reference, subprotocol });
    assert.ok(link !== "unauthorized");
    const params = {
      DeviceId: { ...device.deviceId, SerialNumber: "another" },
      Event: [{ EventCode: "1 BOOT", CommandKey: "" }],
      MaxEnvelopes: 1,
      CurrentTime: "2026-01-01T00:00:00Z",
      RetryCount: 0,
      ParameterList: {},
    };
    await assert.rejects(
      link.ask({ method: "Inform", params }),
      (error) => error instanceof RefusedError && error.fault.code === 8001,
    );
    await link.closed;
  });
}

test("a report that cannot be stored is answered with 8005, and stored when it comes again [RPCS-FAULT-6, RPCS-SESSION-23]", async () => {
  using folder = tempDir();
  const fullness = { full: false };
  await using acs = await startFilling(folder.path, fullness);
  await using device = new LockstepDevice({ acsUrl: acs.acsUrl });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  const params = { FileType: "1 Firmware Upgrade Image" };
  fullness.full = true;
  for (let count = 0; count < 2; count += 1) {
    await device.send({ method: "RequestDownload", params });
    await device.expectFault(8005);
  }
  fullness.full = false;
  assert.deepEqual(await device.request({ method: "RequestDownload", params }), {});
  const { items } = await acs.client.devices.events(device.key, { limit: 1_000 });
  const told = items.filter(({ name }) => name === "request-download-report");
  assert.equal(told.length, 1);
});

for (const code of [8007, 8799, 8800, 8899]) {
  test(`fault ${code} of an ACS is taken as it came, in XML and in JSON [RPCS-FAULT-8]`, () => {
    const fault = { code, message: "not today" };
    const xml = encodeFault({ namespace: "urn:dslforum-org:cwmp-1-2", id: "d1", fault, role: "acs" });
    const envelope = decodeEnvelope(xml, { role: "device", limits: defaultLimits });
    assert.ok(envelope.ok && envelope.value.body.kind === "fault");
    assert.deepEqual(envelope.value.body.fault, fault);
    const token = decodeToken(encodeTokenFault("d1", fault), { role: "device", limits: defaultLimits });
    assert.ok(token.ok && token.value.kind === "fault");
    assert.deepEqual(token.value.fault, fault);
  });
}

/** An ACS whose store takes no reports while it is full. */
async function startFilling(data: string, fullness: { readonly full: boolean }) {
  const flags = { data, southbound: "127.0.0.1:0", northbound: "127.0.0.1:0" };
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }), {
    store: (store) => fillingStore(store, fullness),
  });
  return {
    acsUrl: server.acsUrl,
    client: createClient({ url: server.northboundUrl, token: server.token }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function fillingStore(store: Store, fullness: { readonly full: boolean }): Store {
  const commit = store.commit.bind(store);
  const filling: Pick<Store, "commit"> = {
    async commit(type, change, urgency) {
      if (fullness.full && type === "record-report") throw new StoreFullError("the disk is full");
      return commit(type, change, urgency);
    },
  };
  return Object.assign(store, filling);
}
