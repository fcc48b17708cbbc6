import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { webhookId, type Letter } from "../ports/index.ts";
import { letterSender } from "./letter-sender.ts";
import { webhookSeal } from "./webhook-secrets.ts";

const NOW = 1_800_000_000_123;
const SECRET = "a secret of sixteen";
const seal = webhookSeal("00".repeat(32));

test("a letter is posted as it is, with a signature that whoever has the secret can check", async (t) => {
  const got: { readonly headers: IncomingMessage["headers"]; readonly body: string }[] = [];
  const url = await receiver(t, async (request, response) => {
    got.push({ headers: request.headers, body: await text(request) });
    response.writeHead(204).end();
  });
  assert.deepEqual(await sender().send(aLetter(url)), { type: "taken" });
  const [{ headers, body } = { headers: {}, body: "" }] = got;
  assert.equal(body, '{"events":[]}');
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["heliograph-webhook"], "1".repeat(16));
  const [, seconds = "", signature = ""] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["heliograph-signature"])) ?? [];
  assert.equal(seconds, "1800000000");
  assert.equal(signature, createHmac("sha256", SECRET).update(`${seconds}.${body}`).digest("hex"));
});

test("an answer that is not 2xx is a failure, a redirect too, which is not followed", async (t) => {
  const asked: string[] = [];
  const url = await receiver(t, (request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  assert.deepEqual(await sender().send(aLetter(url)), { type: "failed", reason: "it answered 302" });
  assert.deepEqual(asked, ["/hook"]);
});

test("whoever does not answer, or closes, is given up", async (t) => {
  const silent = await receiver(t, () => undefined);
  const late = await sender(["127.0.0.0/8"], 100).send(aLetter(silent));
  assert.deepEqual(late, { type: "failed", reason: "it gave no answer in time" });
  const rude = await receiver(t, (request) => request.socket.destroy());
  const cut = await sender().send(aLetter(rude));
  assert.equal(cut.type, "failed");
  const nobody = await sender().send(aLetter("http://127.0.0.1:1/"));
  assert.deepEqual(nobody, { type: "failed", reason: "nothing listens there" });
});

test("nothing is sent to addresses inside, whatever they are written as, unless the setting means them", async (t) => {
  const asked: string[] = [];
  const url = await receiver(t, (request, response) => {
    asked.push(request.url ?? "");
    response.end();
  });
  const { port } = new URL(url);
  for (const host of ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"]) {
    const outcome = await sender([]).send(aLetter(`http://${host}:${port}/`));
    assert.deepEqual(outcome, { type: "failed", reason: INSIDE }, host);
  }
  for (const host of ["10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]) {
    const outcome = await sender([]).send(aLetter(`https://${host}/`));
    assert.deepEqual(outcome, { type: "failed", reason: INSIDE }, host);
  }
  for (const host of ["[fe80::1]", "[fc00::1]", "[::]", "[64:ff9b::7f00:1]", "[ff02::1]"]) {
    const outcome = await sender(["127.0.0.0/8"]).send(aLetter(`https://${host}/`));
    assert.deepEqual(outcome, { type: "failed", reason: INSIDE }, host);
  }
  assert.deepEqual(asked, []);
});

test("off loopback a letter leaves by https alone", async () => {
  const outcome = await sender().send(aLetter("http://192.0.2.1/"));
  assert.deepEqual(outcome, { type: "failed", reason: "off loopback its URL must be https" });
});

const INSIDE = "its address is not public, and not in webhook-networks";

function sender(networks: readonly string[] = ["127.0.0.0/8"], timeoutMs = 5_000) {
  return letterSender({ seal, networks, timeoutMs });
}

function aLetter(url: string): Letter {
  const id = webhookId("1".repeat(16));
  assert.ok(id !== undefined);
  return { id, url, secret: seal.seal(SECRET), body: '{"events":[]}', at: NOW };
}

async function receiver(
  t: TestContext,
  take: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}/hook`;
}
