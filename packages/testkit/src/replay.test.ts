import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseExchange, readCapture } from "./capture.ts";
import { Replay } from "./replay.ts";
import { ScriptedAcs } from "./scripted-acs.ts";

const captures = [
  { client: "easycwmp" },
  { client: "easycwmp-chunked" },
  { client: "easycwmp-digest", credentials: { username: "easycwmp", password: "easycwmp" } },
  { client: "easycwmp-nocookie" },
  { client: "genieacs-sim" },
  { client: "netcwmp-nodecl" },
  { client: "cwmp-sim", credentials: { username: "user", password: "pass" } },
] as const;

for (const capture of captures) {
  const { client } = capture;
  test(`${client} goes to the end of each of its sessions`, async (t) => {
    const folder = captureFolder(t, client);
    if (folder === undefined) return;
    const credentials = "credentials" in capture ? capture.credentials : undefined;
    await using acs = await new ScriptedAcs(credentials).open();
    using replay = new Replay({ acsUrl: acs.url, ...(credentials === undefined ? {} : { credentials }) });
    const sessions = readCapture(folder).filter(({ isWhole }) => isWhole);
    assert.ok(sessions.some(({ expectedCalls }) => expectedCalls.length >= 11));
    for (const session of sessions) {
      for (const call of session.expectedCalls) acs.call(call);
      const replayed = await replay.session(session);
      assert.equal(replayed.length, session.exchanges.length);
      assert.equal(replayed.at(-1)?.reply.status, 204);
      await acs.endings.take();
    }
  });
}

test("an ACS that says something else than the captured one is noticed", async (t) => {
  const folder = captureFolder(t, "genieacs-sim");
  if (folder === undefined) return;
  await using acs = await new ScriptedAcs().open();
  using replay = new Replay({ acsUrl: acs.url });
  const [session] = readCapture(folder);
  assert.ok(session !== undefined);
  acs.call({ method: "FactoryReset", params: {} });
  await assert.rejects(replay.session(session), /02.txt: the ACS says something else/);
});

const exchange = [
  "# connection 4 at +1.5s",
  "# >>>> client to server",
  "POST /acs HTTP/1.1\r\nContent-Length: 7\r\nCookie: a=1; Path=/\r\n\r\n<été>",
  "# <<<< server to client",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
  "",
].join("\n");

test("an exchange is read byte for byte, chunks put together", () => {
  const [read] = parseExchange("07.txt", Buffer.from(exchange));
  assert.deepEqual(read, {
    name: "07.txt",
    connection: "4",
    request: {
      line: "POST /acs HTTP/1.1",
      headers: ["Content-Length: 7", "Cookie: a=1; Path=/"],
      body: "<été>",
    },
    reply: { status: 200, headers: new Map([["transfer-encoding", ["chunked"]]]), body: "abcde" },
  });
});

test("a connection request of the captured ACS is no exchange", () => {
  const request = exchange.replace("connection 4", "connection CR(acs is the client)");
  assert.deepEqual(parseExchange("08.txt", Buffer.from(request)), []);
});

function captureFolder(t: TestContext, client: string): string | undefined {
  const data = process.env["HELIOGRAPH_TEST_DATA"];
  if (data !== undefined) return join(data, "captures", client);
  assert.notEqual(process.env["HELIOGRAPH_REQUIRE"], "all", "HELIOGRAPH_TEST_DATA is required");
  t.skip("HELIOGRAPH_TEST_DATA does not say where the captures are");
  return undefined;
}
