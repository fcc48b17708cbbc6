import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import { fileLinks } from "../../main/file-links.ts";
import { systemRandom } from "../../main/system-random.ts";
import { added, firmware } from "../../ports/files.suite.ts";
import { operationId, type FileRecord, type OperationId } from "../../ports/index.ts";
import { openDiskFiles } from "../../store/files/disk-files.ts";
import { startFileServer, type FileServerBounds, type Reading } from "./file-server.ts";
import { fileUrl } from "./file-url.ts";
import { transferLogin } from "./transfer-login.ts";

const CONTENT = "0123456789";
const HOUR_MS = 3_600_000;
const links = fileLinks("ab".repeat(32));

interface Bench extends AsyncDisposable {
  readonly file: FileRecord;
  readonly transfer: OperationId;
  readonly url: string;
  readonly port: number;
  readonly clock: VirtualClock;
  readonly readings: readonly Reading[];
  /** Transfers that have ended. */
  readonly ended: Set<OperationId>;
  readonly linkTo: (file: Pick<FileRecord, "id" | "name">) => string;
  readonly close: () => void;
}

async function bench(content = CONTENT, bounds: Partial<FileServerBounds> = {}): Promise<Bench> {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(tempDir());
  const clock = new VirtualClock();
  const files = await openDiskFiles({ folder: directory.file("files"), clock, random: systemRandom });
  const file = await added(files, firmware, [content]);
  const transfer = operationId(systemRandom.hex(16));
  assert.ok(transfer);
  const [readings, ended] = [new Array<Reading>(), new Set<OperationId>()];
  const isOpen = async (asked: OperationId): Promise<boolean> => !ended.has(asked);
  const log = { info: () => undefined, warn: () => undefined, error: (event: string) => assert.fail(event) };
  const onRead = (reading: Reading): void => void readings.push(reading);
  const bus = memoryBus({ clock, onError: assert.ifError });
  stack.defer(() => bus.close());
  const login = transferLogin({ links, bus, clock, random: systemRandom, isPrivate: () => false });
  const server = startFileServer({ files, links, clock, log, login, isOpen, onRead }, bounds);
  const http = createServer((request, response) => {
    server.serve(request, response);
  });
  stack.defer(() => {
    http.closeAllConnections();
    http.close();
  });
  await once(http.listen(0, "127.0.0.1"), "listening");
  const { port } = addressOf(http.address());
  const expiresAt = clock.now() + HOUR_MS;
  const linkTo: Bench["linkTo"] = (linked) =>
    fileUrl(links, { acsUrl: `http://127.0.0.1:${port}/acs`, file: linked, transfer, expiresAt });
  return {
    ...{ file, transfer, port, clock, readings, ended, linkTo, url: linkTo(file) },
    close: () => {
      server.close();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  assert.ok(address !== null && typeof address === "object");
  return address;
}

test("a device reads its file whole, and we know that it did", async () => {
  await using served = await bench();
  const { url, file, transfer, readings } = served;
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), CONTENT);
  assert.equal(response.headers.get("content-length"), "10");
  assert.equal(response.headers.get("etag"), `"${file.sha256}"`);
  assert.equal(response.headers.get("last-modified"), new Date(file.addedAt).toUTCString());
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  await untilRead(readings);
  assert.deepEqual(readings, [{ transfer, file, span: { from: 0, to: 10 } }]);
});

test("the spaces of a file's name are encoded in its URL, which is as short as devices can bear [QUIRKS-TRANSFER-63]", async () => {
  await using served = await bench();
  const { url, file, linkTo } = served;
  assert.ok(url.endsWith("/router%202.1.bin"), url);
  const long = linkTo({ ...file, name: "ä".repeat(100) });
  assert.ok(long.length <= 256);
  assert.equal((await fetch(long)).status, 200);
});

test("a device goes on where it left off", async () => {
  await using served = await bench();
  const { url, readings } = served;
  const etag = (await fetch(url, { method: "HEAD" })).headers.get("etag") ?? "";
  const rest = await fetch(url, { headers: { range: "bytes=6-", "if-range": etag } });
  assert.equal(rest.status, 206);
  assert.equal(rest.headers.get("content-range"), "bytes 6-9/10");
  assert.equal(await rest.text(), "6789");
  await untilRead(readings);
  assert.deepEqual(
    readings.map(({ span }) => span),
    [{ from: 6, to: 10 }],
  );
});

test("who left off in another file gets this one whole", async () => {
  await using served = await bench();
  const { url } = served;
  const response = await fetch(url, { headers: { range: "bytes=6-", "if-range": '"another"' } });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), CONTENT);
});

test("a range beyond the end is said to be beyond it", async () => {
  await using served = await bench();
  const { url } = served;
  const response = await fetch(url, { headers: { range: "bytes=10-" } });
  assert.equal(response.status, 416);
  assert.equal(response.headers.get("content-range"), "bytes */10");
});

test("who has the file is told that it is the same", async () => {
  await using served = await bench();
  const { url, file } = served;
  const response = await fetch(url, { headers: { "if-none-match": `"${file.sha256}"` } });
  assert.equal(response.status, 304);
});

test("of a file that is only asked about nothing is sent", async () => {
  await using served = await bench();
  const { url, readings } = served;
  const response = await fetch(url, { method: "HEAD" });
  assert.equal(response.headers.get("content-length"), "10");
  assert.equal(await response.text(), "");
  assert.deepEqual(readings, []);
});

test("a link opens nothing once it has expired", async () => {
  await using served = await bench();
  const { url, clock } = served;
  await clock.advance(HOUR_MS);
  assert.equal((await fetch(url)).status, 403);
});

test("a link opens nothing once its transfer has ended", async () => {
  await using served = await bench();
  const { url, transfer, ended } = served;
  ended.add(transfer);
  assert.equal((await fetch(url)).status, 403);
});

test("a link opens no other file", async () => {
  await using served = await bench();
  const { url, file } = served;
  assert.equal((await fetch(url.replace(file.id, "0123456789abcdef"))).status, 403);
});

test("no path leads out of the files", async () => {
  await using served = await bench();
  const { port, url } = served;
  const { pathname } = new URL(url);
  for (const path of [
    "/files/../../secret.key",
    "/files/%2e%2e/%2e%2e/a",
    "/files/",
    "/files//",
    "/files/x/y/z",
  ]) {
    assert.match(await raw(port, `GET ${path} HTTP/1.1`), /^HTTP\/1\.1 404 /);
  }
  for (const name of ["../../secret.key", "..%2f..%2fsecret.key/"]) {
    assert.match(await raw(port, `GET ${pathname}/${name} HTTP/1.1`), /^HTTP\/1\.1 404 /);
  }
});

test("files are read and not written", async () => {
  await using served = await bench();
  const { url } = served;
  const response = await fetch(url, { method: "PUT", body: "x" });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "GET, HEAD");
});

/** More than the buffers of a connection on loopback hold. */
const LARGE = "0123456789abcdef".repeat(2 * 1024 * 1024);

test("a device that does not read is cut, and the others are served", async () => {
  await using served = await bench(LARGE, { pieceTimeoutMs: 1_000, maxReaders: 1 });
  const { url, port, clock, readings } = served;
  const slow = connect(port, "127.0.0.1").pause();
  slow.write(`GET ${new URL(url).pathname} HTTP/1.1\r\nHost: acs\r\n\r\n`);
  await once(slow, "connect");
  await untilBusy(url);
  // Whoever tried before it began to read has got its one byte, or left before.
  const cut = (): Reading | undefined => readings.find(({ span }) => span.to > 1);
  // In small steps: on a machine that is busy there are many until it begins to read, and the link is good for an hour.
  while (cut() === undefined) {
    await setImmediate();
    await clock.advance(1);
  }
  assert.ok((cut()?.span.to ?? 0) < LARGE.length);
  slow.destroy();
  assert.equal((await (await fetch(url)).text()).length, LARGE.length);
});

test("a server that closes cuts whoever reads", async () => {
  await using served = await bench(LARGE);
  const { url, close, readings } = served;
  const response = await fetch(url);
  close();
  await assert.rejects(response.text());
  await untilRead(readings);
  assert.equal((await fetch(url)).status, 503);
});

/** A device may have the last byte before we know that it has. */
async function untilRead(readings: readonly Reading[]): Promise<void> {
  while (readings.length === 0) await setImmediate();
}

/** Resolves once whoever comes is turned away, since somebody else reads. */
async function untilBusy(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(url, { headers: { range: "bytes=0-0" } });
    await response.text();
    if (response.status !== 503) continue;
    assert.equal(response.headers.get("retry-after"), "60");
    return;
  }
}

async function raw(port: number, line: string): Promise<string> {
  const socket: Socket = connect(port, "127.0.0.1");
  socket.end(`${line}\r\nHost: acs\r\nConnection: close\r\n\r\n`);
  const pieces: string[] = [];
  for await (const piece of socket.setEncoding("latin1")) pieces.push(String(piece));
  return pieces.join("");
}
