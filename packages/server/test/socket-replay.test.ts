import assert from "node:assert/strict";
import { test } from "node:test";
import { Replay } from "@heliograph/testkit";
import { captured, captures, deviceOf, enrol, queue } from "./captured-device.ts";
import { runAcs } from "./running-acs.ts";
import { referCaptured, SocketReplay } from "./socket-replay.ts";

for (const { client: name, password } of captures) {
  test(`${name}, as it was captured over HTTP, is told the same over a socket, body for body [LIGHT-SOAP-10]`, async (t) => {
    const sessions = captured(t, name);
    const [first] = sessions;
    if (first === undefined) return;
    const credentials = password === undefined ? {} : { credentials: password };
    await using classic = await runAcs(password);
    // What a device passes over ends with its turn over HTTP, and with its time over a socket.
    await using light = await runAcs(password, { "call-timeout": "1" });
    const key = deviceOf(first);
    for (const { store } of [classic, light]) await enrol(store, key);
    const reference = await referCaptured(first, { acsUrl: light.url, ...credentials });
    using overHttp = new Replay({ acsUrl: classic.url, ...credentials });
    using overSocket = await SocketReplay.open(reference);
    let bodies = 0;
    for (const session of sessions) {
      for (const { client } of [classic, light]) await queue(client, key, session);
      const replies = (await overHttp.session(session)).map(({ reply }) => reply.body);
      const expected = replies.filter((body) => body !== "").map(withoutOwn);
      const said = (await overSocket.session(session)).map(withoutOwn);
      assert.deepEqual(said, expected);
      bodies += said.length;
    }
    t.diagnostic(`${sessions.length} sessions, ${bodies} bodies`);
  });
}

/** What no two servers say alike: the ids of their calls, and the references that they give. */
function withoutOwn(body: string): string {
  return body
    .replace(/(<cwmp:ID[^>]*>)[0-9a-f]{16}(?:-[0-9]+)?</, "$1<")
    .replace(/<lt:WebSocketReference.*<\/lt:WebSocketReference>/, "");
}
