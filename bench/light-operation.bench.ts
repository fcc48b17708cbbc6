import { Agent } from "node:http";
import { once } from "node:events";
import { freePort } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { post } from "./bare-post.ts";
import { measure, table, type Figures } from "./figures.ts";
import { attachDevice } from "./light-device.ts";
import { serveHeliograph } from "./served-heliograph.ts";
import { serveProcess } from "./served-process.ts";

const DEVICES = 20;
const OPERATIONS = 2_000;
/** As long as a call of one parameter. */
const MESSAGE = "x".repeat(140);

async function heliograph(): Promise<{ readonly figures: Figures; readonly bytes: number }> {
  await using acs = await serveHeliograph();
  const agent = new Agent({ keepAlive: true });
  const devices = await Promise.all(
    Array.from({ length: DEVICES }, (_, serial) => attachDevice(acs.acsUrl, serial, agent)),
  );
  const sum = (): number => devices.reduce((bytes, device) => bytes + device.bytes(), 0);
  const params = { ParameterNames: ["Device.WiFi.Radio.1.Channel"] };
  const before = sum();
  const figures = await measure(acs.process, OPERATIONS, async (turn) => {
    const key = `00D09E-Bench-${turn % DEVICES}`;
    const call = { method: "GetParameterValues", params, wait: 10 };
    const operation = await acs.client.operations.create(key, call);
    if (operation.state !== "done") throw new Error(`an operation of ${key} is ${operation.state}`);
  });
  const bytes = (sum() - before) / (OPERATIONS * 1.25);
  for (const device of devices) device.close();
  agent.destroy();
  return { figures, bytes };
}

/** A POST and a message there and back over a WebSocket, to a server that does nothing. */
async function bare(): Promise<Figures> {
  const port = await freePort();
  await using server = await serveProcess(["bench/bare-server.ts", String(port)], (line) => line === "ready");
  const manager = new Agent({ keepAlive: true });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await once(socket, "open");
  const figures = await measure(server, OPERATIONS, async () => {
    const echoed = once(socket, "message");
    socket.send(MESSAGE);
    await echoed;
    await post(port, manager);
  });
  socket.terminate();
  manager.destroy();
  return figures;
}

const [{ figures, bytes }, baseline] = [await heliograph(), await bare()];
console.log(`${OPERATIONS} operations, one after another, over ${DEVICES} attached devices\n`);
console.log(
  table(["GetParameterValues of one parameter", figures], ["bare node:http and ws echo", baseline]),
);
console.log(
  `\n${bytes.toFixed(0)} bytes on the device's socket for one operation, frames included, both ways`,
);
