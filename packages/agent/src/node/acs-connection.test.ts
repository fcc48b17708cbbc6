import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { AcsConnection, isPrivate } from "./acs-connection.ts";

for (const [url, expected] of [
  ["https://acs.example.org/", true],
  ["http://127.0.0.1:7547/", true],
  ["http://127.8.8.8/", true],
  ["http://[::1]:7547/", true],
  ["http://localhost/", true],
  ["http://acs.example.org/", false],
  ["http://192.0.2.1/", false],
  ["http://localhost.example.org/", false],
  ["http://1.127.0.0.1.example.org/", false],
  ["http://[2001:db8::1]/", false],
] as const) {
  test(`a password is ${expected ? "said" : "not said"} in the clear to ${url} [CWMP-AUTH-1]`, () => {
    assert.equal(isPrivate(new URL(url)), expected);
  });
}

/** An address that leads to this machine without saying so. */
const ELSEWHERE = "0.0.0.0";
const isNowhere = process.platform === "win32" && `Windows does not connect to ${ELSEWHERE}`;

test("Basic is not answered where somebody could read it [CWMP-AUTH-1]", { skip: isNowhere }, async (t) => {
  const heard: (string | undefined)[] = [];
  const acs = createServer(({ headers }, response) => {
    heard.push(headers.authorization);
    response.writeHead(401, { "www-authenticate": 'Basic realm="acs"' }).end();
  }).listen(0, "127.0.0.1");
  await once(acs, "listening");
  t.after(() => acs.close().closeAllConnections());
  const address = acs.address();
  assert.ok(typeof address === "object" && address !== null);
  const credentials = { username: "cpe", password: "pw" };
  const connection = new AcsConnection({ url: `http://${ELSEWHERE}:${address.port}/`, credentials });
  t.after(() => connection.close());
  assert.equal((await connection.post("")).status, 401);
  assert.deepEqual(heard, [undefined]);
});
