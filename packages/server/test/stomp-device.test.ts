import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeServerFrame, defaultStompLimits, StompReader, writeFrame } from "@heliograph/protocol";
import type { ServerFrame, StompCommand } from "@heliograph/protocol";
import { Arrivals, LockstepDevice } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { runAcs } from "./running-acs.ts";

test("a device that is referred to STOMP is called once it has subscribed, and not before", async () => {
  await using acs = await runAcs();
  await using device = new LockstepDevice({ acsUrl: acs.url });
  await device.inform({
    events: ["0 BOOTSTRAP", "1 BOOT"],
    header: { webSocketSupport: ["v12.stomp", "cwmp.json"] },
  });
  const reference = device.header.webSocketReference;
  assert.ok(reference !== undefined);
  assert.equal(reference.subprotocol, "v12.stomp");
  await device.expectNothing();

  const socket = new WebSocket(reference.url, "v12.stomp");
  const frames = new Arrivals<ServerFrame>("a frame");
  socket.on("message", (data) => {
    assert.ok(Buffer.isBuffer(data));
    for (const item of new StompReader(defaultStompLimits).read(data)) {
      assert.ok(item.ok && item.value.kind === "frame");
      const frame = decodeServerFrame(item.value.frame, "1.2");
      assert.ok(frame.ok);
      frames.add(frame.value);
    }
  });
  await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const say = (command: StompCommand, headers: Readonly<Record<string, string>>, body = ""): void => {
    const frame = { command, headers: new Map(Object.entries(headers)), body: Buffer.from(body) };
    const written = writeFrame(frame, "1.2");
    assert.ok(written.ok);
    socket.send(Buffer.from(written.value).toString());
  };

  say("CONNECT", { "accept-version": "1.2", host: "acs", passcode: reference.token });
  const connected = await frames.take();
  assert.ok(connected.command === "CONNECTED");
  assert.match(connected.headers.get("token") ?? "", /^ey/);
  say("SUBSCRIBE", { id: "a", destination: "/responses" });
  say("SEND", { destination: "/requests", method: "GetRPCMethods", "request-id": "d1" });
  const methods = await frames.take();
  assert.ok(
    methods.command === "MESSAGE" && methods.destination === "/responses",
    "nothing is called so far",
  );

  say("SUBSCRIBE", { id: "q", destination: "/requests" });
  const call = await frames.take();
  assert.ok(call.command === "MESSAGE" && call.headers.get("method") === "SetParameterValues");
  socket.terminate();
});
