import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, StompConfig, StompHeaders } from "@stomp/stompjs";
import type { IFrame, IMessage } from "@stomp/stompjs";
import { Arrivals } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { asJson, openLightBench } from "./light-gateway-bench.ts";

const json = { "content-type": "application/json" };

for (const forceBinaryWSFrames of [false, true]) {
  const kind = forceBinaryWSFrames ? "binary" : "text";
  test(`a public client of STOMP is a device, with its passcode and ${kind} messages [STOMP-LIGHT-2, STOMP-LIGHT-6]`, async () => {
    await using bench = await openLightBench();
    const { key, token } = await bench.enrol();
    const calls = new Arrivals<IMessage>("a call");
    const answers = new Arrivals<IMessage>("an answer");
    const receipts = new Arrivals<string>("a receipt");
    const connected = Promise.withResolvers<undefined>();
    const config = Object.assign(new StompConfig(), {
      webSocketFactory: () => new WebSocket(bench.url, ["v12.stomp", "v11.stomp", "v10.stomp"]),
      connectHeaders: headersOf({ passcode: token }),
      heartbeatIncoming: 0,
      heartbeatOutgoing: 0,
      reconnectDelay: 0,
      forceBinaryWSFrames,
      onConnect: () => connected.resolve(undefined),
      onStompError: ({ headers }: IFrame) => connected.reject(new Error(headers["message"])),
    });
    const client = new Client(config);
    client.activate();
    const announcement = await bench.engine.connects.take();
    assert.equal(announcement.device, key);
    await connected.promise;
    client.subscribe("/responses", (message) => answers.add(message));
    client.subscribe("/requests", (message) => calls.add(message), headersOf({ "max-in-flight": "2" }));
    await bench.engine.attaches.take();
    assert.equal((await bench.engine.attaches.take()).maxInFlight, 2);

    const reading = { method: "GetParameterValues", params: { ParameterNames: ["Device."] } };
    const called = bench.engine.call(announcement, "a1", reading);
    const call = await calls.take();
    assert.equal(call.headers["method"], "GetParameterValues");
    assert.deepEqual(JSON.parse(call.body), reading.params);
    const result = { ParameterList: { "Device.": { Text: "snow ❄" } } };
    const headers = headersOf({ ...json, "request-id": call.headers["request-id"] ?? "", status: "ok" });
    client.publish({ destination: "/responses", headers, body: JSON.stringify(result) });
    assert.deepEqual(asJson(await called), { type: "answered", outcome: { result } });

    client.watchForReceipt("r1", () => receipts.add("r1"));
    const transaction = client.begin();
    const asking = headersOf({ ...json, method: "Kicked", "request-id": "d1", transaction: transaction.id });
    const kicked = { Command: "c", Referer: "r", Arg: "a", Next: "n" };
    client.publish({ destination: "/requests", headers: asking, body: JSON.stringify(kicked) });
    transaction.commit();
    assert.equal((await bench.engine.reports.take()).method, "Kicked");
    assert.equal((await answers.take()).headers["status"], "ok");
    const unconfirmed = headersOf({ ...json, method: "Kicked", receipt: "r1" });
    client.publish({ destination: "/requests", headers: unconfirmed, body: JSON.stringify(kicked) });
    await receipts.take();
    const ended = bench.engine.closed.take();
    await client.deactivate();
    assert.match((await ended).detail ?? "", /1000/);
  });
}

function headersOf(headers: Readonly<Record<string, string>>): StompHeaders {
  return Object.assign(new StompHeaders(), headers);
}
