import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import { fileLinks } from "../../main/file-links.ts";
import { systemRandom } from "../../main/system-random.ts";
import { firmware, read } from "../../ports/files.suite.ts";
import { operationId, type FileStore, type OperationId } from "../../ports/index.ts";
import { openDiskFiles } from "../../store/files/disk-files.ts";
import { transferLogin } from "./transfer-login.ts";
import { startUploadServer } from "./upload-server.ts";
import { uploadScopeOf } from "./upload-url.ts";

const HOUR_MS = 3_600_000;
const links = fileLinks("ab".repeat(32));
const backup = { ...firmware, name: "backup.cfg", kind: "1 Vendor Configuration File" };

interface Bench extends AsyncDisposable {
  readonly files: FileStore;
  readonly url: URL;
  readonly clock: VirtualClock;
  readonly ended: Set<OperationId>;
  readonly transfer: OperationId;
}

async function bench(maxFileBytes = 1_000): Promise<Bench> {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(tempDir());
  const [clock, random] = [new VirtualClock(), systemRandom];
  const limits = { maxFileBytes };
  const files = await openDiskFiles({ folder: directory.file("files"), clock, random, limits });
  const transfer = operationId(random.hex(16));
  assert.ok(transfer);
  const [ended, received] = [new Set<OperationId>(), new Set<OperationId>()];
  const log = { info: () => undefined, warn: () => undefined, error: (event: string) => assert.fail(event) };
  const bus = memoryBus({ clock, onError: assert.ifError });
  stack.defer(() => bus.close());
  const server = startUploadServer({
    ...{ files, links, clock, log },
    login: transferLogin({ links, bus, clock, random, isPrivate: () => false }),
    expected: async (asked) => {
      if (ended.has(asked)) return undefined;
      return received.has(asked) ? { type: "received" } : { type: "wanted", file: backup };
    },
    onUploaded: async (asked) => void received.add(asked),
  });
  const http = createServer((request, response) => {
    server.serve(request, response);
  });
  stack.defer(() => {
    http.closeAllConnections();
    http.close();
  });
  await once(http.listen(0, "127.0.0.1"), "listening");
  const address = http.address();
  assert.ok(address !== null && typeof address === "object");
  const token = links.mint({ scope: uploadScopeOf(transfer), transfer, expiresAt: clock.now() + HOUR_MS });
  const url = new URL(`http://127.0.0.1:${address.port}/uploads/${transfer}/${token}`);
  return { files, url, clock, ended, transfer, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

for (const method of ["PUT", "POST"]) {
  test(`a device sends its configuration by ${method}`, async () => {
    await using served = await bench();
    assert.equal((await fetch(served.url, { method, body: "a=1" })).status, 204);
    const [file] = await served.files.files();
    assert.equal(file?.name, "backup.cfg");
    assert.equal(await read(served.files, file.id), "a=1");
  });
}

test("a second file does not take the place of one that came whole", async () => {
  await using served = await bench();
  await fetch(served.url, { method: "PUT", body: "first" });
  assert.equal((await fetch(served.url, { method: "PUT", body: "second" })).status, 409);
  const [file, ...others] = await served.files.files();
  assert.deepEqual(others, []);
  assert.equal(file?.bytes, 5);
});

test("a file that broke off leaves nothing, and may be sent again", async () => {
  await using served = await bench();
  const { port, pathname } = served.url;
  const device = connect(Number(port), "127.0.0.1");
  device.write(`PUT ${pathname} HTTP/1.1\r\nHost: acs\r\nContent-Length: 10\r\n\r\nhalf`);
  await once(device, "connect");
  device.destroy();
  const again = async (): Promise<number> =>
    (await fetch(served.url, { method: "PUT", body: "whole" })).status;
  let status = await again();
  while (status === 409 && (await served.files.files()).length === 0) {
    await setImmediate();
    status = await again();
  }
  assert.equal(status, 204);
  assert.deepEqual(
    (await served.files.files()).map(({ bytes }) => bytes),
    [5],
  );
});

test("a file that comes too slowly is cut, and nothing of it stays", async () => {
  await using served = await bench();
  const { port, pathname } = served.url;
  const device = connect(Number(port), "127.0.0.1");
  device.write(`PUT ${pathname} HTTP/1.1\r\nHost: acs\r\nContent-Length: 10\r\n\r\nh`);
  const answer = text(device);
  while (!device.destroyed) {
    await served.clock.advance(1_000);
    await setImmediate();
  }
  assert.match(await answer, /^HTTP\/1\.1 408 /);
  assert.deepEqual(await served.files.files(), []);
});

test("a file that is too large is refused, and nothing of it stays", async () => {
  await using served = await bench(4);
  assert.equal((await fetch(served.url, { method: "PUT", body: "12345" })).status, 413);
  assert.deepEqual(await served.files.files(), []);
});

test("nothing is taken by a link that has expired, is another's, or whose transfer has ended", async () => {
  await using served = await bench();
  const put = async (url: string): Promise<number> => (await fetch(url, { method: "PUT", body: "x" })).status;
  assert.equal(await put(served.url.href.replace(served.transfer, "0".repeat(32))), 403);
  served.ended.add(served.transfer);
  assert.equal(await put(served.url.href), 403);
  served.ended.clear();
  await served.clock.advance(HOUR_MS);
  assert.equal(await put(served.url.href), 403);
  assert.deepEqual(await served.files.files(), []);
});
