import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import type { PolicyRequest } from "@heliograph/api";
import { ApiError, createClient, NoAnswerError, type Client } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { ServerHosts } from "../server-hosts.ts";
import { Supervisor } from "../supervisor.ts";
import { MixedDevice, reaches } from "./mixed-device.ts";

/** Where the server dies on the way from a look over an added object to what is set. */
const POINTS = [
  "after commit record-compliance 1",
  "before commit record-compliance 2",
  "before send device 200 AddObject 1",
  "after send device 200 AddObject 1",
  "before commit record-compliance 3",
  "after send device 200 SetParameterValues 2",
] as const;
const PATIENCE_MS = 60_000;
const POLICY: PolicyRequest = {
  group: "all",
  values: { "Device.X_F0F0F0_Dial.": { Mode: "summer" } },
  objects: [{ object: "Device.X_F0F0F0_Hour.", key: { Name: "noon" }, values: { Angle: 90 } }],
  rules: { waves: [1], perSecond: 100, pause: 0 },
};

test("killed at each step of bringing a policy about, the ACS adds no object twice, and the device holds it whole [LIGHT-BRING-2]", async (t) => {
  using folder = tempDir();
  await using hosts = new ServerHosts();
  for (const [index, killAt] of POINTS.entries()) {
    const { kills, shown } = await broughtAbout(hosts, folder.file(String(index)), killAt);
    t.diagnostic(`${killAt}: killed ${kills}x`);
    assert.equal(kills, 1, killAt);
    assert.deepEqual(shown, ["mode summer", "hand black", "hand black", "hour noon 90"], killAt);
  }
});

async function broughtAbout(hosts: ServerHosts, folder: string, killAt: string) {
  mkdirSync(folder);
  const data = `${folder}/data`;
  const arming = { killAt, trace: `${folder}/trace` };
  await using supervisor = await Supervisor.start({ hosts, data, openEnrolment: "loopback", arming });
  const { acsUrl } = await supervisor.up();
  await using device = await new MixedDevice(acsUrl, reaches.awake).start();
  const ask = <T>(asking: (client: Client) => Promise<T>): Promise<T> => insist(supervisor, asking);
  await ask((client) => client.groups.set("all", { expression: 'productClass = "Sundial"' }));
  await ask((client) => client.policies.set("dial", POLICY));
  await ask((client) => client.policies.publish("dial"));
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const { compliance } = await ask((client) => client.policies.get("dial"));
    if (compliance.applied === 1) break;
    assert.ok(Date.now() < until, `${killAt}: it stands so: ${JSON.stringify(compliance)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await device.stop();
  await supervisor.stop();
  return { kills: supervisor.kills, shown: device.shown };
}

/** Asks again until it is answered, over as many lives of the server as that takes. */
async function insist<T>(supervisor: Supervisor, ask: (client: Client) => Promise<T>): Promise<T> {
  for (let least = 1; ;) {
    const life = await supervisor.up(least);
    try {
      return await ask(createClient({ url: life.northboundUrl, token: life.token }));
    } catch (error) {
      const isPassing = error instanceof NoAnswerError || (error instanceof ApiError && error.status >= 500);
      if (!isPassing) throw error;
      least = error instanceof NoAnswerError ? life.number + 1 : life.number;
    }
  }
}
