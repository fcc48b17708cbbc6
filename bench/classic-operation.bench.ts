import { Agent } from "node:http";
import { dataModel } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";
import { freePort } from "@heliograph/testkit";
import { post } from "./bare-post.ts";
import { measure, table, type Figures } from "./figures.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import { serveProcess } from "./served-process.ts";

const DEVICES = 20;
const OPERATIONS = 400;
/** What the wire carries for one operation: POST, two connection requests, and four POSTs of the session. */
const REQUESTS = 7;

async function heliograph(): Promise<Figures> {
  await using acs = await serveHeliograph();
  const devices = await Promise.all(
    Array.from({ length: DEVICES }, (_, number) => startClassic(acs.acsUrl, number)),
  );
  const params = { ParameterNames: ["Device.WiFi.Radio.1.Channel"] };
  const figures = await measure(acs.process, OPERATIONS, async (turn) => {
    const key = `00D09E-Bench-${turn % DEVICES}`;
    const call = { method: "GetParameterValues", params, wait: 10 };
    const operation = await acs.client.operations.create(key, call);
    if (operation.state !== "done") throw new Error(`an operation of ${key} is ${operation.state}`);
  });
  await Promise.all(devices.map((device) => device.close()));
  return figures;
}

/** A device that has its own credentials by the time this resolves. */
async function startClassic(acsUrl: string, number: number): Promise<{ close(): Promise<void> }> {
  const served = Promise.withResolvers<undefined>();
  const device = await startDevice({
    acsUrl,
    deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Bench", SerialNumber: String(number) },
    dataModel: dataModel({ "Device.WiFi.Radio.1.Channel": { type: "unsignedInt", value: 36 } }),
    light: "not",
    connectionRequests: { limit: { requests: 1_000, periodMs: 1_000 } },
    onActivity: ({ type }) => {
      if (type === "session-ended") served.resolve(undefined);
    },
  });
  await served.promise;
  return device;
}

/** The same number of requests, one after another, over as many TCP connections, to a server that does nothing. */
async function bare(): Promise<Figures> {
  const port = await freePort();
  await using server = await serveProcess(["bench/bare-server.ts", String(port)], (line) => line === "ready");
  const manager = new Agent({ keepAlive: true });
  const figures = await measure(server, OPERATIONS, async () => {
    await post(port, manager);
    for (const requests of [2, REQUESTS - 3]) {
      const agent = new Agent({ keepAlive: true });
      for (let sent = 0; sent < requests; sent += 1) await post(port, agent);
      agent.destroy();
    }
  });
  manager.destroy();
  return figures;
}

const [ours, baseline] = [await heliograph(), await bare()];
console.log(`${OPERATIONS} operations, one after another, over ${DEVICES} devices\n`);
console.log(
  table(["GetParameterValues, asleep to done", ours], [`${REQUESTS} requests to a bare node:http`, baseline]),
);
