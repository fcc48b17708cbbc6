import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { assertWithinSecond, isInTime } from "./within-second.ts";

test("what takes longer than a second is late where the machine has time for plain answers", () => {
  assert.equal(isInTime(900, 5), true);
  assert.equal(isInTime(1_500, 5), false);
});

test("where plain answers are slow, a few of them come on top", () => {
  assert.equal(isInTime(1_500, 100), true);
  assert.equal(isInTime(5_000, 100), false);
});

test("what comes in time is given", async () => {
  await using acs = await wellAcs();
  assert.equal(await assertWithinSecond(acs.url, () => Promise.resolve("done")), "done");
});

test("what fails fails as it is", async () => {
  await using acs = await wellAcs();
  await assert.rejects(
    assertWithinSecond(acs.url, () => Promise.reject(new Error("gone"))),
    /^Error: gone$/,
  );
});

/** An ACS that says that it is well. */
async function wellAcs() {
  const server = createServer((_, response) => response.end("well"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
