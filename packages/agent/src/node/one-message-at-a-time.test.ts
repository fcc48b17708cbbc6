import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { encodeAnswer, encodeRequest } from "@heliograph/protocol";
import { dataModel } from "../data-model.ts";
import { deviceId } from "./classic-device.fixture.ts";
import { startDevice } from "./node-device.ts";

const frame = { id: "1", namespace: "urn:dslforum-org:cwmp-1-0" };
const informed = encodeAnswer({ ...frame, method: "Inform", result: { MaxEnvelopes: 1 } });
const call = encodeRequest({ ...frame, request: { method: "GetRPCMethods", params: {} } });
/** In so many turns of the event loop a message that did not wait would have come. */
const PAUSE_TURNS = 50;

test("a device sends its next message only once it has the answer to the last [CWMP-HTTP-5, CWMP-SESSION-6]", async (t) => {
  const replies = [informed, call, call];
  let waiting = 0;
  const waitingAtOnce: number[] = [];
  const slow = createServer((request, response) => {
    waiting += 1;
    waitingAtOnce.push(waiting);
    request.resume();
    void pause().then(() => {
      waiting -= 1;
      const body = replies.shift() ?? "";
      response.writeHead(body === "" ? 204 : 200).end(body);
    });
  }).listen(0, "127.0.0.1");
  await once(slow, "listening");
  t.after(() => slow.close().closeAllConnections());
  const address = slow.address();
  assert.ok(typeof address === "object" && address !== null);
  const ended = Promise.withResolvers<undefined>();
  const device = await startDevice({
    acsUrl: `http://127.0.0.1:${address.port}/`,
    deviceId,
    dataModel: dataModel({ "Device.X": "x" }),
    connectionRequests: "not",
    onActivity: ({ type }) => {
      if (type === "session-ended") ended.resolve(undefined);
    },
  });
  await ended.promise;
  await device.close();
  assert.deepEqual(waitingAtOnce, [1, 1, 1, 1]);
});

async function pause(): Promise<void> {
  for (let turn = 0; turn < PAUSE_TURNS; turn += 1) await setImmediate();
}
