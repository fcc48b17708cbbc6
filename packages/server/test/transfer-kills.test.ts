import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { RunningServer } from "./running-server.ts";
import { fetched, sent, TransferringDevice } from "./transferring-device.ts";

const GREAT = Buffer.alloc(8 * 1024 * 1024, "great ");

async function bench() {
  const folder = tempDir();
  const server = await RunningServer.start(folder, "loopback");
  const it = await TransferringDevice.enrol(server.client, { acsUrl: server.life.acsUrl });
  const { northboundUrl: url, token } = server.life;
  return {
    it,
    northbound: { url, token },
    kill: async (): Promise<void> => {
      const { number } = await server.supervisor.up();
      await server.supervisor.kill();
      await server.supervisor.up(number + 1);
    },
    async [Symbol.asyncDispose]() {
      await it[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

test("an ACS that is killed at every step of a download loses nothing of it, and tells its end once [RPCS-SESSION-21]", async () => {
  await using run = await bench();
  const { it, kill } = run;
  const file = await it.client.files.add({ name: "great.bin" }, GREAT);
  await kill();
  assert.deepEqual(await it.client.files.get(file.id), file);
  const operation = await it.client.operations.download(it.key, { file: file.id });
  await kill();
  const { URL: url, CommandKey = "" } = await it.acceptDownload();
  assert.deepEqual(await it.states(operation), ["transferring", "transferring"]);
  const first = await begun(url, kill);
  assert.ok(first.length < GREAT.length);
  assert.deepEqual(await it.states(operation), ["transferring", "transferring"]);
  const rest = await fetched(url, { range: `bytes=${first.length}-` });
  assert.ok(Buffer.concat([first, rest]).equals(GREAT));
  await it.report(CommandKey);
  await kill();
  await it.report(CommandKey, {}, ["1 BOOT", "7 TRANSFER COMPLETE"]);
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
  assert.equal(await it.reports(), 1);
});

test("an ACS that is killed while a device sends its configuration keeps nothing of it, and takes it when it comes again", async () => {
  await using run = await bench();
  const { it, kill } = run;
  const operation = await it.client.operations.upload(it.key);
  const { URL: url, CommandKey = "" } = await it.acceptUpload();
  await half(url, { kill });
  assert.deepEqual(await it.client.files.list(), { items: [] });
  assert.equal(await sent(url, "whole"), 204);
  await kill();
  const { items } = await it.client.files.list({ device: it.key });
  assert.deepEqual(
    items.map(({ bytes }) => bytes),
    [5],
  );
  assert.equal(await sent(url, "again"), 409);
  await it.report(CommandKey);
  assert.deepEqual(await it.states(operation), ["done", "completed"]);
});

test("a file of a manager that has come by half when the ACS is killed is gone", async () => {
  await using run = await bench();
  const { it, kill, northbound } = run;
  const { url, token } = northbound;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
  await half(`${url}/api/v1/files?name=half.bin`, { kill, method: "POST", headers });
  assert.deepEqual(await it.client.files.list(), { items: [] });
});

/** The first bytes of a file whose server is killed while it sends. */
async function begun(url: string, kill: () => Promise<void>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let killed: Promise<void> | undefined;
  const asked = request(url, (response) => {
    response.once("data", (piece: Buffer) => {
      pieces.push(piece);
      response.pause();
      killed = kill().then(() => {
        response.on("data", (more: Buffer) => pieces.push(more)).resume();
      });
    });
    response.on("error", () => resolve(undefined)).on("close", () => resolve(undefined));
  });
  asked.on("error", () => resolve(undefined)).end();
  await promise;
  // The connection may end before the next life of the server listens.
  await killed;
  return Buffer.concat(pieces);
}

interface Halving {
  readonly kill: () => Promise<void>;
  readonly method?: "PUT" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends the first half of a file to a server that is then killed. */
async function half(url: string, { kill, method = "PUT", headers = {} }: Halving): Promise<void> {
  const asked = request(url, { method, headers: { ...headers, "content-length": "20" } });
  const gone = new Promise((resolve) => asked.once("error", resolve));
  await new Promise<void>((resolve) => asked.write("first half", () => resolve()));
  await kill();
  await gone;
}
