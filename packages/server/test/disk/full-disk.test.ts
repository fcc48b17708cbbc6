import assert from "node:assert/strict";
import { test } from "node:test";
import type { AcsRequest, DeviceKey } from "@heliograph/protocol";
import { LockstepDevice } from "@heliograph/testkit";
import { attach } from "../light-bench.ts";
import { RunningServer } from "../running-server.ts";
import { exhaust } from "./exhaust.ts";
import { servedDevice } from "./served-device.ts";
import { smallDisk } from "./small-disk.ts";

const MIB = 1024 * 1024;
const FULL = "the disk of the store is full: nothing can be changed before there is room on it";

test("on a full disk nothing new is accepted, sessions and connections go on, and all is as it was once there is room", async (t) => {
  using disk = smallDisk(t, 16 * MIB);
  if (disk === undefined) return;
  await using server = await RunningServer.start(disk, "loopback");
  const { client, life } = server;
  await using classic = await servedDevice(server);
  await using other = await servedDevice(server);
  await using light = new LockstepDevice({ acsUrl: life.acsUrl });
  await using socket = await attach(server, light);
  await classic.inform({ events: ["7 TRANSFER COMPLETE"] });

  const { status, reason, problem } = await exhaust(disk, client, other.key);
  assert.deepEqual([status, reason, problem.detail], [507, "store-full", FULL]);
  const full = { name: "changing", state: "troubled", why: FULL };
  assert.deepEqual(await health(server), [
    { status: "alive" },
    { status: "ready", trouble: FULL, checks: [good("reading"), full, good("engine"), good("newcomers")] },
  ]);
  assert.equal((await client.devices.get(classic.key)).key, classic.key);

  // What is not stored is not answered with success, on any binding.
  const told = await reportUntilRefused(classic);
  assert.equal((await socket.refused(manyResults.method, manyResults.params)).code, 8005);
  // Who has nothing to tell but that it is there is answered all the same.
  await classic.inform({ events: ["2 PERIODIC"] });
  await classic.expectNothing();
  await socket.request("GetRPCMethods");

  disk.makeRoom();
  await classic.inform({ events: ["7 TRANSFER COMPLETE"] });
  assert.deepEqual(await classic.request(transferred(told.length)), {});
  assert.deepEqual(await socket.request(manyResults.method, manyResults.params), {});
  assert.deepEqual(await health(server), [
    { status: "alive" },
    { status: "ready", checks: [good("reading"), good("changing"), good("engine"), good("newcomers")] },
  ]);
  const all = [...told, transferred(told.length)].map(({ params }) => params);
  assert.deepEqual(await reports(server, classic.key), all);
  assert.equal((await reports(server, light.key)).length, 1);
});

const times = { StartTime: "2026-01-01T00:00:00Z", CompleteTime: "2026-01-01T00:01:00Z" };

function transferred(number: number) {
  const params = {
    CommandKey: `transfer ${number}`,
    FaultStruct: { FaultCode: 9010, FaultString: "x".repeat(256) },
  };
  return { method: "TransferComplete", params: { ...params, ...times } } as const satisfies AcsRequest;
}

/** Larger than anything that still found room. */
const manyResults = {
  method: "DUStateChangeComplete",
  params: {
    CommandKey: "units",
    Results: Array.from({ length: 16 }, (_, unit) => ({
      UUID: "00000000-0000-0000-0000-000000000000",
      DeploymentUnitRef: `Device.SoftwareModules.DeploymentUnit.${unit}.`,
      CurrentState: "Installed",
      Resolved: true,
      ExecutionUnitRefList: "x".repeat(256),
      ...times,
      Fault: { FaultCode: 0 },
    })),
  },
} as const;

/** Reports transfers until one is refused, and gives those that were answered. */
async function reportUntilRefused(device: LockstepDevice) {
  const told: ReturnType<typeof transferred>[] = [];
  for (let number = 0; number < 50; number += 1) {
    const report = transferred(number);
    await device.send(report);
    const { status, body } = await device.expectStatus(200);
    assert.equal(status, 200);
    if (body.includes("<FaultCode>8005</FaultCode>")) return told;
    assert.match(body, /<cwmp:TransferCompleteResponse/);
    told.push(report);
  }
  return assert.fail("every report found room on a full disk");
}

async function reports(server: RunningServer, device: DeviceKey): Promise<readonly unknown[]> {
  const { items } = await server.client.devices.events(device, { limit: 1_000 });
  return items.filter(({ data }) => "params" in data).map(({ data }) => data["params"]);
}

function good(name: string) {
  return { name, state: "good" };
}

async function health({ life }: RunningServer): Promise<readonly unknown[]> {
  const answers = ["healthz", "readyz"].map((path) => fetch(`${life.northboundUrl}/${path}`));
  return Promise.all((await Promise.all(answers)).map((answer) => answer.json()));
}
