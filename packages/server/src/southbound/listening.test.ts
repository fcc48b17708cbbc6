import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { listenOn, MOST_WAITING } from "./listening.ts";

test("thousands of devices that come back at once may wait to be taken", async (t) => {
  await using server = createServer();
  const listen = t.mock.method(server, "listen");
  const { port } = await listenOn(server, { host: "127.0.0.1", port: 0 });
  assert.ok(port > 0);
  assert.partialDeepStrictEqual(listen.mock.calls[0]?.arguments[0], { backlog: MOST_WAITING });
});
